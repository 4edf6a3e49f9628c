import KernelCore

/// A matrix on the tape: its value and, while gradients are recorded, the gradient of the loss with respect to it.
public struct Variable: BitwiseCopyable {
    /// `[rows, columns]`.
    public let value: UnsafeMutablePointer<Float>
    private let recordedGradient: UnsafeMutablePointer<Float>?
    /// Whether anything has been added to the gradient, whose memory holds nothing of meaning before; nil: it does.
    private let hasTerms: UnsafeMutablePointer<Bool>?
    /// Number of rows.
    public let rows: Int
    /// Number of columns.
    public let columns: Int

    /// - Parameters:
    ///   - value: `[rows, columns]`, valid until the tape begins anew.
    ///   - gradient: of the same shape, zeros or what has been added up so far; nil where no gradient is recorded.
    public init(value: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>?, rows: Int, columns: Int) {
        self.init(value: value, gradient: gradient, hasTerms: nil, rows: rows, columns: columns)
    }

    /// - Parameter hasTerms: whether `gradient` has anything in it yet; kept up to date by those who ask for the gradient.
    init(
        value: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>?,
        hasTerms: UnsafeMutablePointer<Bool>?, rows: Int, columns: Int
    ) {
        self.value = value
        recordedGradient = gradient
        self.hasTerms = hasTerms
        self.rows = rows
        self.columns = columns
    }

    /// Number of elements.
    public var count: Int { rows * columns }

    /// The value, as kernels take it.
    public var matrix: MatrixView { MatrixView(value, rows: rows, columns: columns) }

    /// The gradient, as kernels read it. Only to be used in ``Operation/backward(on:)``.
    public var gradientMatrix: MatrixView { MatrixView(gradient, rows: rows, columns: columns) }

    /// Where a backward pass adds the gradient, zeros where nothing was added before. Only to be used in
    /// ``Operation/backward(on:)``.
    public var gradient: UnsafeMutablePointer<Float> {
        let sum = gradientSum
        // Only now, where it is about to be read: zeros that were written long before have left the caches.
        if !sum.hasTerms { Kernel.clear(sum.start, count: count) }
        return sum.start
    }

    /// The gradient, for an operation that writes its whole where there is nothing yet that it would be added to. Counts
    /// as having terms from then on: whoever adds to several gradients asks in the order in which it adds, since they may
    /// be of one variable. Only to be used in ``Operation/backward(on:)``.
    public var gradientSum: GradientSum {
        guard let recordedGradient else { preconditionFailure("a gradient was asked for on a tape that records none") }
        guard let hasTerms, !hasTerms.pointee else { return GradientSum(recordedGradient) }
        hasTerms.pointee = true
        return GradientSum(recordedGradient, hasTerms: false)
    }
}
