import RunReports
import Testing

/// Means, deviations and the numbers at the axes.
@Suite struct NumberTests {
    @Test func `the deviation is that of a sample`() throws {
        let sample = try #require(Sample([2, 4, 4, 4, 5, 5, 7, 9]))
        #expect(sample.mean == 5)
        // 32 / 7, and not 32 / 8.
        #expect(abs(try #require(sample.deviation) - 2.138_089_935_299_395) < 1e-12)
        #expect(Sample([3])?.deviation == nil && Sample([3])?.mean == 3 && Sample([]) == nil)
        #expect(try #require(Sample([1e9 + 1, 1e9 + 2, 1e9 + 3])?.deviation) == 1)
    }

    @Test(arguments: [
        (0.0, 1.0, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (0.31, 0.42, ["0.35", "0.40"]),
        (1.0, 20_000.0, ["5,000", "10,000", "15,000", "20,000"]), (-0.3, 0.3, ["-0.2", "0.0", "0.2"]),
        (0.000_31, 0.000_39, ["0.00032", "0.00034", "0.00036", "0.00038"]),
    ])
    func `ticks are round and have the decimals that they need`(low: Double, high: Double, texts: [String]) {
        let ticks = AxisTicks(low...high, count: 5)
        #expect(ticks.values.map(ticks.text) == texts)
    }

    @Test(arguments: 1...60) func `epochs have whole ticks`(epochs: Int) {
        let ticks = AxisTicks(1...Double(epochs), count: 6, isWhole: true)
        #expect(ticks.values.allSatisfy { $0 == $0.rounded() } && !ticks.values.isEmpty && ticks.values.count <= 8)
    }

    @Test(arguments: [0, 1, -3, 0.25, 1e-300, 1e300]) func `one value alone has an axis around it`(value: Double) {
        let ticks = AxisTicks(value...value, count: 5)
        #expect(ticks.range.lowerBound < value && value < ticks.range.upperBound)
        #expect(ticks.values.count <= 12)
    }
}
