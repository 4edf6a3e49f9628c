import Glibc
import KernelCore
import Testing

/// Normal numbers are those of their name, and normal.
@Suite struct NormalTests {
    private func numbers(
        _ elements: [UInt32], lengths: [Int], columns: Int, seed: UInt64 = 5, iteration: UInt32 = 2, site: UInt32 = 0
    ) -> [Float] {
        let sequences = JaggedOffsets(lengths: lengths)
        var y = [Float](repeating: .nan, count: columns * sequences.total)
        Kernel.standardNormals(
            from: RandomStreams(seed: seed, purpose: .routing, iteration: iteration), site: site, elements: elements,
            over: sequences, columns: columns, into: &y)
        return y
    }

    /// Box and Muller in double precision from the words of the scalar generator.
    private func reference(
        _ element: UInt32, position: Int, column: Int, columns: Int, seed: UInt64, iteration: UInt32, site: UInt32
    ) -> Double {
        let block = UInt32(position * ((columns + 3) / 4) + column / 4)
        let words = Philox4x32.block(
            counter: (site << 24 | block, element, iteration, RandomPurpose.routing.rawValue),
            key: (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
        let (first, second) = column % 4 < 2 ? (words.0, words.1) : (words.2, words.3)
        let radius = (-2 * log(Double(first >> 8 + 1) * 0x1p-24)).squareRoot()
        let angle = (Double(second >> 8) * 0x1p-24 - 0.5) * Double.pi / 2
        let (x, y) = (radius * cos(angle), radius * sin(angle))
        let isMirrored = second & 1 == 1
        return (second & 2 == 0 ? 1 : -1) * ((column % 2 == 0) != isMirrored ? x : y)
    }

    @Test(arguments: [1, 2, 3, 4, 6, 9]) func `they follow the formula, whatever the lengths`(columns: Int) {
        let lengths = [3, 0, 1, 17, 8, 2]
        let elements: [UInt32] = [7, 1, 4_000_000_000, 0, 12, 13]
        let seed: UInt64 = 0x1234_5678_9ABC_DEF0
        let y = numbers(elements, lengths: lengths, columns: columns, seed: seed, iteration: 77, site: 3)
        var expected = [Double](repeating: 0, count: y.count)
        let total = lengths.reduce(0, +)
        var row = 0
        for (element, length) in zip(elements, lengths) {
            for position in 0..<length {
                for column in 0..<columns {
                    expected[column * total + row] = reference(
                        element, position: position, column: column, columns: columns, seed: seed, iteration: 77,
                        site: 3)
                }
                row += 1
            }
        }
        #expect(areClose(y, expected, tolerance: 2e-6))
    }

    @Test func `a sequence has the same bits beside any others, and more where it is longer`() {
        let columns = 5
        let alone = numbers([9], lengths: [6], columns: columns)
        let together = numbers([3, 9, 1], lengths: [5, 11, 2], columns: columns)
        for column in 0..<columns {
            #expect(
                bits(alone[column * 6..<column * 6 + 6]) == bits(together[column * 18 + 5..<column * 18 + 11]))
        }
    }

    @Test func `seed, iteration, element and site each give other numbers`() {
        let all = [
            numbers([1], lengths: [4], columns: 4), numbers([2], lengths: [4], columns: 4),
            numbers([1], lengths: [4], columns: 4, seed: 6), numbers([1], lengths: [4], columns: 4, seed: 5 | 1 << 40),
            numbers([1], lengths: [4], columns: 4, iteration: 3), numbers([1], lengths: [4], columns: 4, site: 1),
        ]
        for (index, one) in all.enumerated() {
            for other in all[(index + 1)...] { #expect(zip(one, other).allSatisfy { $0 != $1 }) }
        }
    }

    @Test func `their moments, tails and correlations are those of independent normal numbers`() {
        let columns = 4
        let rows = 250_000
        let y = numbers([1], lengths: [rows], columns: columns).map(Double.init)
        let count = Double(y.count)
        func mean(_ values: some Sequence<Double>) -> Double { values.reduce(0, +) / count }
        // Five standard deviations of each mean: those of x, x^2, x^3 and x^4 are 1, sqrt 2, sqrt 15 and sqrt 96.
        let width = 5 / count.squareRoot()
        #expect(abs(mean(y)) < width)
        #expect(abs(mean(y.map { $0 * $0 }) - 1) < 1.42 * width)
        #expect(abs(mean(y.map { $0 * $0 * $0 })) < 3.9 * width)
        #expect(abs(mean(y.map { $0 * $0 * $0 * $0 }) - 3) < 9.8 * width)
        for (limit, probability) in [(1.0, 0.317_311), (2, 0.045_500), (3, 0.002_700), (4, 6.334e-5)] {
            let beyond = Double(y.count { abs($0) > limit }) / count
            #expect(abs(beyond - probability) < width * probability.squareRoot())
        }
        for a in 0..<columns {
            for b in 0..<a {
                let products = (0..<rows).map { y[a * rows + $0] * y[b * rows + $0] }
                let squares = (0..<rows).map {
                    (y[a * rows + $0] * y[b * rows + $0]) * (y[a * rows + $0] * y[b * rows + $0])
                }
                #expect(abs(products.reduce(0, +)) / Double(rows) < 5 / Double(rows).squareRoot())
                // Independent, not only without correlation: the mean of x^2 y^2 is 1, its deviation sqrt 8.
                #expect(abs(squares.reduce(0, +) / Double(rows) - 1) < 2.83 * 5 / Double(rows).squareRoot())
            }
        }
    }
}
