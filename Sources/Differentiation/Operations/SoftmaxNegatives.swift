/// How the score of a positive is compared with those of negatives.
public enum PositiveComparison: BitwiseCopyable, Sendable {
    /// Cross entropy under the softmax. Of the probability that is asked for, `smoothing` is spread evenly over the positive
    /// and its negatives (Szegedy et al. 2016).
    case softmax(smoothing: Float)
    /// Binary cross entropy of each score, the probability of the positive to a power (gBCE, Petrov and Macdonald 2023).
    case binary(power: Float)
}

/// The items that a positive is compared with in ``Tape/softmaxLoss(of:_:positives:in:against:)``.
public struct SoftmaxNegatives: BitwiseCopyable {
    /// Which rows of the item table they are.
    public enum Rows: BitwiseCopyable {
        /// All but row 0, for all samples.
        case all
        /// The same list for all samples, repeats included.
        case shared(UnsafePointer<Int32>, count: Int)
        /// A list of `count` rows for each sample, one list behind the other.
        case perSample(UnsafePointer<Int32>, count: Int)
    }

    /// Which rows of the item table they are.
    public let rows: Rows
    /// `[rows of the table]`, added to the scores of items, of the positive too; nil: nothing is.
    public let offsets: UnsafePointer<Float>?
    /// Whether a negative that is the positive itself does not count.
    public let masksPositives: Bool
    /// beta of the importance weights, 0 for none.
    public let importance: Float
    /// How scores become a loss.
    public let comparison: PositiveComparison

    /// - Parameters:
    ///   - offsets: such as `-log q`, for items that were drawn with the probabilities q.
    ///   - importance: 0 unless the comparison is a softmax without smoothing.
    public init(
        _ rows: Rows, offsets: UnsafePointer<Float>? = nil, masksPositives: Bool = false, importance: Float = 0,
        comparison: PositiveComparison = .softmax(smoothing: 0)
    ) {
        self.comparison = comparison
        self.rows = rows
        self.offsets = offsets
        self.masksPositives = masksPositives
        self.importance = importance
    }
}

/// Vectors of items on the tape, in the place of rows of the item table, in
/// ``Tape/softmaxLoss(of:_:positives:in:against:vectors:)``.
public struct ItemVectors: BitwiseCopyable {
    /// One for each negative: of a shared list, or of all items but row 0.
    public let negatives: Variable
    /// One for each sample.
    public let positives: Variable

    /// - Parameters:
    ///   - negatives: `[count, d]`; positives: `[B, d]`.
    public init(negatives: Variable, positives: Variable) {
        self.negatives = negatives
        self.positives = positives
    }
}
