internal import CVector

/// Constants of one Adam step (Kingma and Ba 2015) with L2 regularization added to the gradient:
///
///     g = gradient * scale + l2 * p
///     m = beta1 m + (1 - beta1) g
///     v = beta2 v + (1 - beta2) g^2
///     p = (1 - rate decay) p - rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
///
/// With the weight decay (AdamW, Loshchilov and Hutter 2019) in the place of l2 the moments do not see it.
public struct AdamStep: BitwiseCopyable, Sendable {
    /// Decay of the first moment.
    public let beta1: Float
    /// Decay of the second moment.
    public let beta2: Float
    /// Added to the root of the second moment.
    public let epsilon: Float
    /// The L2 coefficient, 0 for none.
    public let l2: Float
    /// What is left of a parameter before the step: 1 without weight decay.
    public let kept: Float
    /// The learning rate, corrected for the start of the first moment: `rate / (1 - beta1^t)`.
    public let rate: Float
    /// The correction for the start of the second moment: `1 / sqrt(1 - beta2^t)`.
    public let rootCorrection: Float

    /// - Parameters:
    ///   - step: 1 for the first one.
    ///   - l2: the L2 coefficient, 0 for parameters that are not regularised.
    ///   - weightDecay: the share of a parameter that is taken away, in learning rates.
    public init(
        step: Int, learningRate: Double, l2: Double, weightDecay: Double = 0, beta1: Double = 0.9,
        beta2: Double = 0.999,
        epsilon: Double = 1e-8
    ) {
        self.beta1 = Float(beta1)
        self.beta2 = Float(beta2)
        self.epsilon = Float(epsilon)
        self.l2 = Float(l2)
        kept = Float(1 - learningRate * weightDecay)
        rate = Float(learningRate / (1 - Self.power(beta1, step)))
        rootCorrection = Float(1 / (1 - Self.power(beta2, step)).squareRoot())
    }

    /// `base^exponent` by squaring: the same bits on every machine, which a library's `pow` does not promise.
    private static func power(_ base: Double, _ exponent: Int) -> Double {
        var result = 1.0
        var factor = base
        var remaining = exponent
        while remaining > 0 {
            if remaining & 1 == 1 { result *= factor }
            factor *= factor
            remaining >>= 1
        }
        return result
    }
}

extension Kernel {
    /// One step over `count` parameters in one pass over memory.
    ///
    /// - Parameters:
    ///   - gradient: the sum over the samples; nil where no sample touches the parameters.
    ///   - scale: 1 / number of samples.
    /// - Returns: whether all g are finite numbers.
    @discardableResult
    public static func adam(
        _ step: AdamStep, gradient: UnsafePointer<Float>?, scale: Float, parameters: UnsafeMutablePointer<Float>,
        first: UnsafeMutablePointer<Float>, second: UnsafeMutablePointer<Float>, count: Int
    ) -> Bool {
        if let gradient {
            let factor = Vector(repeating: scale)
            return adam(step, parameters, first, second, count) { index, lanes in
                load(gradient, index, lanes) * factor
            }
        }
        return adam(step, parameters, first, second, count) { _, _ in Vector(repeating: 0) }
    }

    /// One step over the rows of a table, each with a gradient of its own, in one pass over memory.
    ///
    /// - Parameters:
    ///   - gradients: `[rows]`, where the gradient of each row is, the sum over the samples; nil where no sample touches
    ///     the row.
    ///   - scale: 1 / number of samples.
    ///   - parameters: `[rows, columns]`, as `first` and `second`.
    /// - Returns: whether all g are finite numbers.
    @discardableResult
    public static func adam(
        _ step: AdamStep, gradients: UnsafePointer<UnsafePointer<Float>?>, scale: Float,
        parameters: UnsafeMutablePointer<Float>, first: UnsafeMutablePointer<Float>,
        second: UnsafeMutablePointer<Float>, rows: Int, columns: Int
    ) -> Bool {
        var vectors = AdamVectors(step)
        if step.kept == 1 {
            vectors.move(gradients, scale, parameters, first, second, rows, columns, isKept: true)
        } else {
            vectors.move(gradients, scale, parameters, first, second, rows, columns, isKept: false)
        }
        return vectors.isFinite
    }

    @inline(__always)
    private static func adam(
        _ step: AdamStep, _ parameters: UnsafeMutablePointer<Float>, _ first: UnsafeMutablePointer<Float>,
        _ second: UnsafeMutablePointer<Float>, _ count: Int, _ gradient: (_ index: Int, _ lanes: Int) -> Vector
    ) -> Bool {
        var vectors = AdamVectors(step)
        if step.kept == 1 {
            forEachVector(count) { index, lanes in
                vectors.move(parameters, first, second, index, lanes, gradient(index, lanes), isKept: true)
            }
        } else {
            forEachVector(count) { index, lanes in
                vectors.move(parameters, first, second, index, lanes, gradient(index, lanes), isKept: false)
            }
        }
        return vectors.isFinite
    }
}

/// The constants of a step in registers.
private struct AdamVectors {
    let beta1: Vector
    let beta2: Vector
    let rest1: Vector
    let rest2: Vector
    let l2: Vector
    let rate: Vector
    let kept: Vector
    let correction: Vector
    let epsilon: Vector
    /// Stays zero until something is added that is not finite.
    var finite = Vector(repeating: 0)

    @inline(__always)
    init(_ step: AdamStep) {
        beta1 = Vector(repeating: step.beta1)
        beta2 = Vector(repeating: step.beta2)
        rest1 = Vector(repeating: 1 - step.beta1)
        rest2 = Vector(repeating: 1 - step.beta2)
        l2 = Vector(repeating: step.l2)
        rate = Vector(repeating: -step.rate)
        kept = Vector(repeating: step.kept)
        correction = Vector(repeating: step.rootCorrection)
        epsilon = Vector(repeating: step.epsilon)
    }

    @inline(__always)
    var isFinite: Bool { finite.total == 0 }

    /// Moves the parameters from `index` on by the mean gradient.
    ///
    /// - Parameter isKept: whether ``AdamStep/kept`` is 1, which spares a product that changes nothing.
    @inline(__always)
    mutating func move(
        _ parameters: UnsafeMutablePointer<Float>, _ first: UnsafeMutablePointer<Float>,
        _ second: UnsafeMutablePointer<Float>, _ index: Int, _ lanes: Int, _ gradient: Vector,
        isKept: Bool
    ) {
        let p = load(parameters, index, lanes)
        let g = l2.multiplied(by: p, adding: gradient)
        let m = beta1.multiplied(by: load(first, index, lanes), adding: rest1 * g)
        let v = beta2.multiplied(by: load(second, index, lanes), adding: rest2 * g * g)
        let root = facet_sqrt(v).multiplied(by: correction, adding: epsilon)
        store(m, first, index, lanes)
        store(v, second, index, lanes)
        store(rate.multiplied(by: m / root, adding: isKept ? p : kept * p), parameters, index, lanes)
        finite = Vector(repeating: 0).multiplied(by: g, adding: finite)
    }

    /// Moves rows, each by a gradient of its own.
    @inline(__always)
    mutating func move(
        _ gradients: UnsafePointer<UnsafePointer<Float>?>, _ scale: Float,
        _ parameters: UnsafeMutablePointer<Float>, _ first: UnsafeMutablePointer<Float>,
        _ second: UnsafeMutablePointer<Float>, _ rows: Int, _ columns: Int, isKept: Bool
    ) {
        let factor = Vector(repeating: scale)
        var row = 0
        while row < rows {
            let start = row * columns
            let (p, m, v) = (parameters + start, first + start, second + start)
            if let gradient = gradients[row] {
                forEachVector(columns) { index, lanes in
                    move(p, m, v, index, lanes, load(gradient, index, lanes) * factor, isKept: isKept)
                }
                row += 1
            } else {
                repeat { row += 1 } while row < rows && gradients[row] == nil
                forEachVector(row * columns - start) { index, lanes in
                    move(p, m, v, index, lanes, Vector(repeating: 0), isKept: isKept)
                }
            }
        }
    }
}
