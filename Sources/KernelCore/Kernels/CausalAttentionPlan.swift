/// What turns the scores of attention into weights.
public enum AttentionActivation: BitwiseCopyable, Sendable {
    /// `softmax over j of <q_i, k_j> / sqrt(width of a head) + b_ij` (Vaswani et al. 2017).
    case softmax
    /// `factor SiLU(<q_i, k_j> + b_ij)`, each by itself (Zhai et al., ICML 2024).
    case sigmoidLinear(factor: Float)
}

/// What causal attention is computed over: every position of a sequence sees itself and what is older.
public struct CausalAttentionPlan: BitwiseCopyable {
    /// The sequences; attention stays inside each of them.
    public let sequences: JaggedOffsets
    /// Contiguous slices of the columns, which they divide.
    public let heads: Int
    /// What turns scores into weights.
    public let activation: AttentionActivation

    /// Queries that are computed at a time: few enough to skip most of what they do not see, and whole blocks of a product.
    static let blockRows = 48

    /// Causal attention inside `sequences` with `heads` heads.
    public init(over sequences: JaggedOffsets, heads: Int, activation: AttentionActivation = .softmax) {
        self.sequences = sequences
        self.heads = heads
        self.activation = activation
    }

    /// Pairs of two positions of one sequence: for each sequence a block `[L, L]`.
    public var pairCount: Int {
        var pairs = 0
        for sequence in 0..<sequences.count { pairs += sequences.length(sequence) * sequences.length(sequence) }
        return pairs
    }

    /// Number of attention weights of all sequences and heads, those that are not seen too.
    public var weightCount: Int { pairCount * heads }

    /// Whether the backward pass needs the scores beside the weights.
    public var keepsScores: Bool {
        if case .sigmoidLinear = activation { true } else { false }
    }

    /// Floats that ``Kernel/causalAttention(_:_:scratch:into:)`` and its way back work on.
    ///
    /// - Parameter columns: of queries, keys and values.
    public func scratchCount(columns: Int) -> Int {
        let width = columns / max(heads, 1)
        return sequences.longest * (2 * width + Self.blockRows)
    }
}

/// Queries, keys and values of causal attention, what is added to the scores, and what is kept for the way back.
public struct CausalAttentionInputs: BitwiseCopyable {
    /// `[T, columns]`.
    public let q: UnsafePointer<Float>
    /// `[T, columns]`.
    public let k: UnsafePointer<Float>
    /// `[T, columns]`.
    public let v: UnsafePointer<Float>
    /// Columns of all three.
    public let columns: Int
    /// For each sequence a block `[L, L]` of numbers that are added to the scores of every head; nil: nothing is.
    public let bias: UnsafePointer<Float>?
    /// Room for ``CausalAttentionPlan/weightCount``.
    public let weights: UnsafeMutablePointer<Float>
    /// The same; nil where the plan does not keep scores.
    public let scores: UnsafeMutablePointer<Float>?

    /// - Parameters:
    ///   - q, k, v: `[T, columns]`.
    ///   - bias: a block `[L, L]` for each sequence.
    ///   - weights, scores: written on the way there, read on the way back.
    public init(
        q: UnsafePointer<Float>, k: UnsafePointer<Float>, v: UnsafePointer<Float>, columns: Int,
        bias: UnsafePointer<Float>?, weights: UnsafeMutablePointer<Float>, scores: UnsafeMutablePointer<Float>?
    ) {
        self.q = q
        self.k = k
        self.v = v
        self.columns = columns
        self.bias = bias
        self.weights = weights
        self.scores = scores
    }
}

/// Where the derivatives of ``CausalAttentionInputs`` are added.
public struct CausalAttentionGradients: BitwiseCopyable {
    let q: UnsafeMutablePointer<Float>
    let k: UnsafeMutablePointer<Float>
    let v: UnsafeMutablePointer<Float>
    let bias: UnsafeMutablePointer<Float>?

    /// - Parameter bias: nil where there is no bias.
    public init(
        q: UnsafeMutablePointer<Float>, k: UnsafeMutablePointer<Float>, v: UnsafeMutablePointer<Float>,
        bias: UnsafeMutablePointer<Float>?
    ) {
        self.q = q
        self.k = k
        self.v = v
        self.bias = bias
    }
}
