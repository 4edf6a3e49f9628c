import KernelCore
import Testing

@Suite struct StatisticsTests {
    private static func values(_ count: Int) -> [Float] {
        var state: UInt32 = 12_345
        return (0..<count).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return Float(Int32(bitPattern: state)) / Float(1 << 31) * 3 + 0.25
        }
    }

    @Test(arguments: [1, 2, 15, 16, 17, 100, 4095, 4096, 4097, 20_003])
    func `statistics are those of plain loops`(count: Int) throws {
        let values = Self.values(count)
        let found = Kernel.statistics(values, count: count)
        let doubles = values.map(Double.init)
        let magnitude = doubles.reduce(0) { $0 + abs($1) }
        #expect(found.count == count && found.isFinite)
        #expect(found.minimum == values.min() && found.maximum == values.max())
        #expect(abs(found.sum - doubles.reduce(0, +)) <= 1e-5 * magnitude)
        let squares = doubles.reduce(0) { $0 + $1 * $1 }
        #expect(abs(found.sumOfSquares - squares) <= 1e-5 * squares)
    }

    @Test func `numbers of one sign have the right limits, and none have none`() {
        for sign: Float in [1, -1] {
            let values = (1...21).map { sign * Float($0) }
            let found = Kernel.statistics(values, count: values.count)
            #expect(found.minimum == values.min() && found.maximum == values.max())
        }
        let none = Kernel.statistics([1], count: 0)
        #expect(none == ValueStatistics() && none.count == 0 && none.minimum > none.maximum)
        #expect(!Kernel.statistics([1, .infinity], count: 2).isFinite)
        #expect(!Kernel.statistics([.nan, 1], count: 2).isFinite)
    }

    @Test(arguments: [1, 7, 64]) func `every number is in the bin of its range`(bins: Int) throws {
        let values = Self.values(5_000)
        let (lowest, highest) = (try #require(values.min()), try #require(values.max()))
        let perUnit = Float(bins) / (highest - lowest)
        var counts = [Int32](repeating: 0, count: bins)
        counts.withUnsafeMutableBufferPointer {
            Kernel.countInBins(values, count: values.count, lowest: lowest, perUnit: perUnit, counts: $0)
        }
        var expected = [Int32](repeating: 0, count: bins)
        for value in values { expected[min(Int((value - lowest) * perUnit), bins - 1)] += 1 }
        #expect(counts == expected && counts.reduce(0, +) == 5_000)
        #expect(bins == 1 || counts.allSatisfy { $0 > 0 })
    }
}
