import KernelCore
import Testing

/// Several steps against the formula in double precision.
@Suite struct AdamTests {
    @Test(arguments: [1, 5, 8, 33], [0, 0.01]) func `steps follow the formula`(count: Int, l2: Double) {
        var numbers = Numbers(UInt64(count))
        var p = numbers.list(count)
        var m = [Float](repeating: 0, count: count)
        var v = [Float](repeating: 0, count: count)
        var exact = (
            p: p.map(Double.init), m: [Double](repeating: 0, count: count), v: [Double](repeating: 0, count: count)
        )
        for step in 1...8 {
            // Step 4 and 7 have no gradient, as rows that nobody touches.
            let gradient = step % 3 == 1 && step > 1 ? nil : numbers.list(count, bound: 10)
            let constants = AdamStep(step: step, learningRate: 0.01, l2: l2)
            if let gradient {
                Kernel.adam(
                    constants, gradient: gradient, scale: 0.125, parameters: &p, first: &m, second: &v, count: count)
            } else {
                Kernel.adam(
                    constants, gradient: nil, scale: 0.125, parameters: &p, first: &m, second: &v, count: count)
            }
            var power1 = 1.0
            var power2 = 1.0
            for _ in 0..<step {
                power1 *= 0.9
                power2 *= 0.999
            }
            for index in 0..<count {
                let g = Double(gradient?[index] ?? 0) * 0.125 + l2 * exact.p[index]
                exact.m[index] = 0.9 * exact.m[index] + 0.1 * g
                exact.v[index] = 0.999 * exact.v[index] + 0.001 * g * g
                let corrected = (exact.v[index] / (1 - power2)).squareRoot()
                exact.p[index] -= 0.01 * exact.m[index] / (1 - power1) / (corrected + 1e-8)
            }
            #expect(areClose(p, exact.p, tolerance: 1e-6), "step \(step)")
            #expect(areClose(m, exact.m, tolerance: 1e-6), "step \(step)")
            #expect(zip(v, exact.v).allSatisfy { abs(Double($0) - $1) <= 1e-4 * $1 }, "step \(step)")
        }
    }

    @Test func `without gradient, l2 and history nothing moves`() {
        var p: [Float] = [1, -2, 0]
        var m: [Float] = [0, 0, 0]
        var v: [Float] = [0, 0, 0]
        let step = AdamStep(step: 5, learningRate: 0.1, l2: 0)
        Kernel.adam(step, gradient: nil, scale: 1, parameters: &p, first: &m, second: &v, count: 3)
        #expect(p == [1, -2, 0] && m == [0, 0, 0] && v == [0, 0, 0])
    }

    @Test func `no gradient has the bits of a gradient of zeros, whole or in pieces`() {
        var numbers = Numbers(6)
        let count = 37
        let start = (p: numbers.list(count), m: numbers.list(count), v: numbers.list(count).map { abs($0) })
        let zeros = [Float](repeating: 0, count: count)
        let step = AdamStep(step: 3, learningRate: 0.01, l2: 0.1)
        func run(_ gradient: [Float]?, pieces: [Range<Int>]) -> [UInt32] {
            var (p, m, v) = start
            for piece in pieces {
                p.withUnsafeMutableBufferPointer { p in
                    m.withUnsafeMutableBufferPointer { m in
                        v.withUnsafeMutableBufferPointer { v in
                            let at = piece.lowerBound
                            func move(_ gradient: UnsafePointer<Float>?) {
                                Kernel.adam(
                                    step, gradient: gradient, scale: 0.5, parameters: p.baseAddress! + at,
                                    first: m.baseAddress! + at, second: v.baseAddress! + at, count: piece.count)
                            }
                            if let gradient {
                                gradient.withUnsafeBufferPointer { move($0.baseAddress! + at) }
                            } else {
                                move(nil)
                            }
                        }
                    }
                }
            }
            return bits(p) + bits(m) + bits(v)
        }
        let whole = run(zeros, pieces: [0..<37])
        #expect(run(nil, pieces: [0..<37]) == whole)
        #expect(run(nil, pieces: [0..<5, 5..<13, 13..<36, 36..<37]) == whole)
        let gradient = numbers.list(count)
        #expect(run(gradient, pieces: [0..<37]) == run(gradient, pieces: [0..<16, 16..<19, 19..<37]))
    }

    @Test(arguments: [5, 16, 37]) func `rows with gradients of their own have the bits of rows one by one`(columns: Int)
    {
        var numbers = Numbers(9)
        let rows = 7
        let count = rows * columns
        let start = (p: numbers.list(count), m: numbers.list(count), v: numbers.list(count).map { abs($0) })
        let gradients = (0..<rows).map { $0 % 3 > 0 ? nil : Memory.copy(numbers.list(columns)) }
        let step = AdamStep(step: 3, learningRate: 0.01, l2: 0.1, weightDecay: 0.1)
        var (p, m, v) = start
        let isFinite = Kernel.adam(
            step, gradients: Memory.copy(gradients), scale: 0.5, parameters: &p, first: &m,
            second: &v, rows: rows, columns: columns)
        var (q, n, w) = (Memory.copy(start.p), Memory.copy(start.m), Memory.copy(start.v))
        for gradient in gradients {
            Kernel.adam(
                step, gradient: gradient, scale: 0.5, parameters: UnsafeMutablePointer(mutating: q),
                first: UnsafeMutablePointer(mutating: n), second: UnsafeMutablePointer(mutating: w), count: columns)
            (q, n, w) = (q + columns, n + columns, w + columns)
        }
        #expect(isFinite)
        #expect(bits(p) == bits((0..<count).map { (q - count)[$0] }))
        #expect(bits(m) == bits((0..<count).map { (n - count)[$0] }))
        #expect(bits(v) == bits((0..<count).map { (w - count)[$0] }))
        let broken = Memory.copy([Float](repeating: .infinity, count: columns))
        #expect(
            !Kernel.adam(
                step, gradients: Memory.copy([nil, broken]), scale: 0.5, parameters: &p, first: &m, second: &v,
                rows: 2, columns: columns))
    }

    /// Learning rates of a training: one that stays, and one that rises from nothing and falls to nothing.
    private static let rates: [@Sendable (Int) -> Double] = [
        { _ in 0.01 }, { $0 == 0 ? 0 : $0 < 100 ? Double($0) * 1e-4 : max(0, 0.01 - Double($0 - 100) * 5e-5) },
    ]

    @Test(
        arguments: [1, 16, 37, 64, 150], [(l2: 0.0, weightDecay: 0.0), (1e-3, 0), (0, 0.1), (1e-3, 0.1)])
    func `steps at once have the bits of steps one by one`(
        count: Int, pull: (l2: Double, weightDecay: Double)
    ) {
        for (number, rate) in Self.rates.enumerated() {
            var numbers = Numbers(UInt64(count + number))
            // Some have never moved, some moved long ago, and some are as large or as small as numbers can be.
            var (p, m) = (numbers.list(count), numbers.list(count, bound: 0.1))
            var v = numbers.list(count).map { $0 * $0 * 1e-3 }
            for index in 0..<count {
                switch index % 7 {
                case 1: (m[index], v[index]) = (0, 0)
                case 2: (m[index], v[index]) = (m[index] * 1e-9, v[index] * 1e-9)
                case 3: (p[index], m[index], v[index]) = (p[index] * 1e-37, m[index] * 1e-36, v[index] * 1e-37)
                case 6: (p[index], m[index], v[index]) = (Float.leastNonzeroMagnitude * 3, 0, 0)
                case 4: p[index] *= 1e30
                case 5: p[index] = 0
                default: break
                }
                if index >= 64 && index < 128 { (m[index], v[index]) = (0, 0) }
            }
            var (q, n, w) = (p, m, v)
            Kernel.flushingSubnormals {
                var step = 0
                // From one step at a time to so many that everything has come to rest.
                for length in [2, 1, 5, 30, 1, 64, 64, 64, 200] {
                    let constants = (step..<step + length).map {
                        AdamStep(
                            step: $0 + 1, learningRate: rate($0), l2: pull.l2, weightDecay: pull.weightDecay)
                    }
                    let deferred = constants.indices.map {
                        DeferredStep(constants[$0], after: $0 > 0 ? constants[$0 - 1] : nil)
                    }
                    let isFinite = deferred.withUnsafeBufferPointer {
                        Kernel.adam($0, parameters: &p, first: &m, second: &v, count: count)
                    }
                    for constants in constants {
                        Kernel.adam(
                            constants, gradient: nil, scale: 1, parameters: &q, first: &n, second: &w, count: count)
                    }
                    step += length
                    #expect(isFinite)
                    #expect(bits(p) == bits(q) && bits(m) == bits(n) && bits(v) == bits(w), "to step \(step)")
                }
            }
        }
    }

    @Test(arguments: [Float.infinity, .nan], [0, 1e-3])
    func `a parameter that is not finite is told, and has the same bits after steps at once`(value: Float, l2: Double) {
        var numbers = Numbers(1)
        var p = numbers.list(20)
        p[17] = value
        var (m, v) = (numbers.list(20), numbers.list(20).map { abs($0) })
        var (q, n, w) = (p, m, v)
        let constants = (1...5).map { AdamStep(step: $0, learningRate: 0.01, l2: l2) }
        let deferred = constants.map { DeferredStep($0, after: nil) }
        #expect(
            !deferred.withUnsafeBufferPointer { Kernel.adam($0, parameters: &p, first: &m, second: &v, count: 20) })
        for constants in constants {
            Kernel.adam(constants, gradient: nil, scale: 1, parameters: &q, first: &n, second: &w, count: 20)
        }
        for (found, expected) in [(p, q), (m, n), (v, w)] {
            #expect(zip(found, expected).allSatisfy { $0.isNaN && $1.isNaN || $0.bitPattern == $1.bitPattern })
        }
    }
}
