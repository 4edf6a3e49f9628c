import Glibc
import KernelCore
import Testing

/// `exp` and `tanh` against the library's in double precision.
@Suite struct ElementaryFunctionTests {
    /// The largest distance to the true value over a sweep, in units in the last place of the rounded true value.
    private func worstError(
        _ range: ClosedRange<Float>, steps: Int,
        _ kernel: (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void, _ reference: (Double) -> Double
    ) -> (ulps: Double, at: Float) {
        let width = (range.upperBound - range.lowerBound) / Float(steps)
        let x = (0...steps).map { min(range.lowerBound + Float($0) * width, range.upperBound) }
        var y = [Float](repeating: 0, count: x.count)
        kernel(x, &y, x.count)
        var worst = (ulps: 0.0, at: Float(0))
        for (x, y) in zip(x, y) {
            let expected = reference(Double(x))
            let ulps = abs(Double(y) - expected) / Double(Float(expected).ulp)
            if !(ulps <= worst.ulps) { worst = (ulps, x) }
        }
        return worst
    }

    private func exponential(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int) {
        Kernel.exponential(x, into: y, count: count)
    }

    private func tangent(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int) {
        Kernel.hyperbolicTangent(x, into: y, count: count)
    }

    private func exponential(_ x: Float) -> Float {
        var y: Float = 0
        withUnsafePointer(to: x) { Kernel.exponential($0, into: &y, count: 1) }
        return y
    }

    private func tangent(_ x: Float) -> Float {
        var y: Float = 0
        withUnsafePointer(to: x) { Kernel.hyperbolicTangent($0, into: &y, count: 1) }
        return y
    }

    @Test func `exp is within its bound over all normal results`() {
        for range in [-87.3...88.3, -1...1, -0.01...0.01, -20...0] as [ClosedRange<Float>] {
            let worst = worstError(range, steps: 500_000, exponential, Glibc.exp)
            #expect(worst.ulps < 1.3, "exp is off by \(worst.ulps) ulp at \(worst.at)")
        }
    }

    @Test func `tanh is within its bound on both sides of its change of formula`() {
        for range in [-10...10, -0.7...0.7, 0.6...0.65, -1e-3...1e-3] as [ClosedRange<Float>] {
            let worst = worstError(range, steps: 500_000, tangent, Glibc.tanh)
            #expect(worst.ulps < 3, "tanh is off by \(worst.ulps) ulp at \(worst.at)")
        }
    }

    @Test func `exp ends in 0 below and in a finite number above`() {
        #expect(exponential(-.infinity) == 0)
        #expect(exponential(-.greatestFiniteMagnitude) == 0)
        #expect(exponential(-87.4) == 0)
        #expect(exponential(-87.29) > 0)
        for x in [88.3, 88.31, 1000, .greatestFiniteMagnitude, .infinity] as [Float] {
            #expect(exponential(x) == exponential(88.3) && exponential(x).isFinite)
        }
        #expect(exponential(0) == 1 && exponential(-0.0) == 1)
        #expect(exponential(.leastNonzeroMagnitude) == 1 && exponential(-.leastNonzeroMagnitude) == 1)
    }

    @Test func `tanh ends in 1 and keeps the smallest numbers`() {
        for x in [20, 88.3, 1e30, .greatestFiniteMagnitude, .infinity] as [Float] {
            #expect(tangent(x) == 1 && tangent(-x) == -1)
        }
        for x in [.leastNonzeroMagnitude, .leastNormalMagnitude, 1e-20] as [Float] {
            #expect(tangent(x) == x && tangent(-x) == -x)
        }
        #expect(tangent(0) == 0)
    }

    @Test func `a number that is none gives none, whatever its neighbours are`() {
        for count in [1, 3, 8, 11] {
            for changed in 0..<count {
                var x = [Float](repeating: 0.5, count: count)
                x[changed] = .nan
                for kernel in [exponential, tangent, { Kernel.relu($0, into: $1, count: $2) }] {
                    var y = [Float](repeating: 0, count: count)
                    kernel(x, &y, count)
                    for index in 0..<count { #expect(y[index].isNaN == (index == changed), "\(x) gives \(y)") }
                }
                var row = [Float](repeating: 0, count: count)
                Kernel.rowSoftmax(MatrixView(x, columns: count), into: &row)
                #expect(row.allSatisfy { $0.isNaN })
            }
        }
    }

    @Test func `every length gives the same bits as single elements`() {
        var numbers = Numbers(1)
        let x = numbers.list(37, bound: 3)
        let single = (exp: x.map { exponential($0) }, tanh: x.map { tangent($0) })
        for count in 0...37 {
            var y = [Float](repeating: -7, count: 38)
            Kernel.exponential(x, into: &y, count: count)
            #expect(bits(y[..<count]) == bits(single.exp[..<count]) && y[count...].allSatisfy { $0 == -7 })
            y = [Float](repeating: -7, count: 38)
            Kernel.hyperbolicTangent(x, into: &y, count: count)
            #expect(bits(y[..<count]) == bits(single.tanh[..<count]) && y[count...].allSatisfy { $0 == -7 })
        }
    }

    @Test func `relu keeps the positive numbers`() {
        let x: [Float] = [-.infinity, -2, -0.0, 0, .leastNonzeroMagnitude, 3, .infinity, -1e-30, 5, -5]
        var y = [Float](repeating: 7, count: x.count)
        Kernel.relu(x, into: &y, count: x.count)
        #expect(y == [0, 0, 0, 0, .leastNonzeroMagnitude, 3, .infinity, 0, 5, 0])
        var dx = [Float](repeating: 1, count: x.count)
        for (hasTerms, before) in [(true, 1), (false, 0)] as [(Bool, Float)] {
            dx.withUnsafeMutableBufferPointer {
                Kernel.reluBackward(
                    y: y, dy: [Float](repeating: 2, count: x.count),
                    dx: GradientSum($0.baseAddress!, hasTerms: hasTerms), count: x.count)
            }
            #expect(dx == [0, 0, 0, 0, 2, 2, 2, 0, 2, 0].map { $0 + before })
        }
    }

    @Test func `softmax of a row adds up to 1 also where scores are far apart or infinite`() {
        var numbers = Numbers(4)
        for columns in [1, 2, 5, 8, 13, 33] {
            for bound in [1, 50, 1e30] as [Float] {
                let x = numbers.list(3 * columns, bound: bound)
                var y = [Float](repeating: 0, count: x.count)
                Kernel.rowSoftmax(MatrixView(x, columns: columns), into: &y)
                for row in 0..<3 {
                    let values = x[row * columns..<(row + 1) * columns].map(Double.init)
                    let largest = values.reduce(-Double.infinity, max)
                    let powers = values.map { Glibc.exp($0 - largest) }
                    let total = powers.reduce(0, +)
                    #expect(
                        areClose(
                            Array(y[row * columns..<(row + 1) * columns]), powers.map { $0 / total }, tolerance: 1e-6))
                }
            }
        }
        var y: [Float] = [0, 0, 0]
        Kernel.rowSoftmax(MatrixView([-.infinity, 2, 2], columns: 3), into: &y)
        #expect(y == [0, 0.5, 0.5])
    }

    @Test func `softmax of a sequence takes no notice of the other sequences`() {
        var numbers = Numbers(5)
        let sequences = JaggedOffsets(lengths: [2, 0, 1, 9])
        for columns in [1, 4, 11] {
            let x = numbers.list(12 * columns, bound: 4)
            var y = [Float](repeating: 0, count: x.count)
            Kernel.sequenceSoftmax(MatrixView(x, columns: columns), over: sequences, into: &y)
            for sequence in 0..<4 {
                for column in 0..<columns {
                    let indices = sequences.range(sequence).map { $0 * columns + column }
                    let powers = indices.map { Glibc.exp(Double(x[$0])) }
                    let total = powers.reduce(0, +)
                    #expect(areClose(indices.map { y[$0] }, powers.map { $0 / total }, tolerance: 1e-6))
                }
            }
            let inPlace = UnsafeMutablePointer(mutating: Memory.copy(x))
            Kernel.sequenceSoftmax(
                MatrixView(inPlace, rows: sequences.total, columns: columns), over: sequences, into: inPlace)
            #expect(bits((0..<x.count).map { inPlace[$0] }) == bits(y))
        }
    }
}
