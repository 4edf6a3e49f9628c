import Glibc
import KernelCore
import Testing

/// Products between histories, interests and concepts against plain loops in double precision.
@Suite struct ConceptKernelTests {
    static let sizes = [1, 5, 16, 33, 64]
    private static let lengths = [3, 1, 0, 7, 2]
    private static let total = lengths.reduce(0, +)
    private static let owners = lengths.enumerated().flatMap { Array(repeating: $0.offset, count: $0.element) }

    private func row(_ x: [Float], _ index: Int, _ size: Int) -> [Double] {
        x[index * size..<(index + 1) * size].map(Double.init)
    }

    private func inner(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

    @Test(arguments: sizes, [1, 3, 4, 6]) func `rows meet the vectors of their own sequence`(size: Int, count: Int) {
        var numbers = Numbers(UInt64(size))
        let x = numbers.list(Self.total * size)
        let v = numbers.list(Self.lengths.count * count * size)
        let sequences = JaggedOffsets(lengths: Self.lengths)
        var products = [Float](repeating: .nan, count: Self.total * count)
        Kernel.sequenceProducts(
            MatrixView(x, columns: size), MatrixView(v, columns: size), perSequence: count, over: sequences,
            into: &products)
        var expected: [Double] = []
        for l in 0..<Self.total {
            for k in 0..<count { expected.append(inner(row(x, l, size), row(v, Self.owners[l] * count + k, size))) }
        }
        #expect(areClose(products, expected, tolerance: 1e-5))

        let weights = numbers.list(Self.total * count)
        var sums = [Float](repeating: .nan, count: Self.total * size)
        Kernel.spread(MatrixView(v, columns: size), weights: weights, perSequence: count, over: sequences, into: &sums)
        var spread: [Double] = []
        for l in 0..<Self.total {
            var sum = [Double](repeating: 0, count: size)
            for k in 0..<count {
                let own = row(v, Self.owners[l] * count + k, size)
                for column in 0..<size { sum[column] += Double(weights[l * count + k]) * own[column] }
            }
            spread += sum
        }
        #expect(areClose(sums, spread, tolerance: 1e-5))
    }

    @Test(arguments: sizes, [1, 4]) func `each block meets its own vector`(size: Int, count: Int) {
        var numbers = Numbers(UInt64(size + 100))
        let x = numbers.list(6 * count * size)
        let w = numbers.list(count * size)
        var products = [Float](repeating: .nan, count: 6 * count)
        Kernel.blockProducts(MatrixView(x, columns: count * size), MatrixView(w, columns: size), into: &products)
        let expected = (0..<6 * count).map { inner(row(x, $0, size), row(w, $0 % count, size)) }
        #expect(areClose(products, expected, tolerance: 1e-5))
    }

    @Test(arguments: sizes) func `a row is let through by the sigmoid of its gate`(size: Int) {
        var numbers = Numbers(UInt64(size + 200))
        let x = numbers.list(5 * size)
        let gates: [Float] = [-100, -1, 0, 3, 100]
        var y = [Float](repeating: .nan, count: 5 * size)
        Kernel.gateRows(MatrixView(x, columns: size), gates: gates, into: &y)
        let expected: [Double] = x.enumerated().map { index, value in
            Double(value) / (1 + exp(-Double(gates[index / size])))
        }
        #expect(areClose(y, expected, tolerance: 1e-6))
    }

    @Test func `the largest numbers come first, of equal ones the first column`() {
        let x = MatrixView([1, 3, 3, -2, 0.5, -1, -1, -1, -1, -1, 2, .nan, .infinity, 7, -.infinity], columns: 5)
        var choice = [Int32](repeating: -1, count: 9)
        Kernel.largestColumns(x, count: 3, into: &choice)
        #expect(choice == [1, 2, 0, 0, 1, 2, 1, 2, 3])
        // All of them are found, whatever they are.
        let extreme = MatrixView([-.infinity, -.infinity, 1, -.infinity], columns: 4)
        var all = [Int32](repeating: -1, count: 4)
        Kernel.largestColumns(extreme, count: 4, into: &all)
        #expect(all == [2, 0, 1, 3])
    }

    @Test(arguments: sizes) func `covariances of rows are those of the formula`(size: Int) {
        var numbers = Numbers(UInt64(size + 300))
        let x = numbers.list(7 * size, bound: 2)
        var centred = [Float](repeating: .nan, count: x.count)
        var scratch = [Float](repeating: .nan, count: 7)
        let found = Kernel.rowCovariance(MatrixView(x, columns: size), centred: &centred, scratch: &scratch)
        let rows = (0..<7).map { index in
            let own = row(x, index, size)
            let mean = own.reduce(0, +) / Double(size)
            return own.map { $0 - mean }
        }
        var expected = 0.0
        for i in 0..<7 {
            for j in 0..<i {
                let covariance = inner(rows[i], rows[j]) / Double(size)
                expected += covariance * covariance
            }
        }
        #expect(areClose([found], [expected], tolerance: 1e-5))
        #expect((expected > 0.1) == (size > 1))
    }
}
