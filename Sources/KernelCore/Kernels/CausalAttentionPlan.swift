/// What turns the scores of attention into weights.
public enum AttentionActivation: BitwiseCopyable, Sendable {
    /// `softmax over j of <q_i, k_j> / sqrt(width of a head) + b_ij` (Vaswani et al. 2017).
    case softmax
    /// `factor SiLU(<q_i, k_j> + b_ij)`, each by itself (Zhai et al., ICML 2024).
    case sigmoidLinear(factor: Float)
}

/// Queries of causal attention that are not those of the positions themselves: in groups, each behind a position of a
/// sequence. A query sees that position and what is older, and no other query.
public struct CausalQueries: BitwiseCopyable {
    /// Which groups are behind positions of which sequence.
    public let groups: JaggedOffsets
    /// `[groups.total]`: how many positions of its sequence, from the oldest on, a group sees.
    public let seen: UnsafePointer<Int32>
    /// Queries of a group.
    public let perGroup: Int

    /// - Parameters:
    ///   - groups: one entry for each sequence.
    ///   - seen: `[groups.total]`, valid as long as this is used; from 1 to the length of the sequence, 0 where that is
    ///     empty, and never falling inside a sequence.
    ///   - perGroup: queries of a group, one after another.
    public init(groups: JaggedOffsets, seen: UnsafePointer<Int32>, perGroup: Int) {
        self.groups = groups
        self.seen = seen
        self.perGroup = perGroup
    }

    /// Number of queries.
    public var count: Int { groups.total * perGroup }

    /// Whether every group is behind a position that there is, and none before the group in front of it.
    public func fit(_ sequences: JaggedOffsets) -> Bool {
        guard perGroup > 0, groups.count == sequences.count else { return false }
        for sequence in 0..<sequences.count {
            let length = sequences.length(sequence)
            var before = min(length, 1)
            for group in groups.range(sequence) {
                guard before...length ~= Int(seen[group]) else { return false }
                before = Int(seen[group])
            }
        }
        return true
    }
}

/// What causal attention is computed over: a query sees a position of its sequence and what is older.
public struct CausalAttentionPlan: BitwiseCopyable {
    /// The sequences; attention stays inside each of them.
    public let sequences: JaggedOffsets
    /// Contiguous slices of the columns, which they divide.
    public let heads: Int
    /// What turns scores into weights.
    public let activation: AttentionActivation
    /// Which queries there are; nil: one of each position, which sees itself and what is older.
    public let queries: CausalQueries?

    /// Queries that are computed at a time: few enough to skip most of what they do not see, and whole blocks of a product.
    static let blockRows = 48

    /// Causal attention inside `sequences` with `heads` heads, of `queries` or of every position.
    public init(
        over sequences: JaggedOffsets, heads: Int, activation: AttentionActivation = .softmax,
        queries: CausalQueries? = nil
    ) {
        self.sequences = sequences
        self.heads = heads
        self.activation = activation
        self.queries = queries
    }

    /// Number of queries, Q: of all positions where there are no others.
    public var queryCount: Int { queries.map { $0.count } ?? sequences.total }

    /// Number of queries of a sequence.
    @inline(__always)
    func queryCount(_ sequence: Int) -> Int {
        queries.map { $0.groups.length(sequence) * $0.perGroup } ?? sequences.length(sequence)
    }

    /// The first query of a sequence.
    @inline(__always)
    func firstQuery(_ sequence: Int) -> Int {
        queries.map { $0.groups.start(sequence) * $0.perGroup } ?? sequences.start(sequence)
    }

    /// How many positions the query number `row` of a sequence sees.
    @inline(__always)
    func seen(_ row: Int, in sequence: Int) -> Int {
        queries.map { Int($0.seen[$0.groups.start(sequence) + row / $0.perGroup]) } ?? row + 1
    }

    /// Pairs of a query and a position of one sequence: for each sequence a block `[queries, L]`.
    public var pairCount: Int {
        var pairs = 0
        for sequence in 0..<sequences.count { pairs += queryCount(sequence) * sequences.length(sequence) }
        return pairs
    }

    /// Those of the pairs whose position the query sees.
    public var seenCount: Int {
        guard let queries else { return (pairCount + sequences.total) / 2 }
        var pairs = 0
        for group in 0..<queries.groups.total { pairs += Int(queries.seen[group]) }
        return pairs * queries.perGroup
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
    /// `[Q, columns]`.
    public let q: UnsafePointer<Float>
    /// `[T, columns]`.
    public let k: UnsafePointer<Float>
    /// `[T, columns]`.
    public let v: UnsafePointer<Float>
    /// Columns of all three.
    public let columns: Int
    /// For each sequence a block `[queries, L]` of numbers that are added to the scores of every head; nil: nothing is.
    public let bias: UnsafePointer<Float>?
    /// Room for ``CausalAttentionPlan/weightCount``.
    public let weights: UnsafeMutablePointer<Float>
    /// The same; nil where the plan does not keep scores.
    public let scores: UnsafeMutablePointer<Float>?

    /// - Parameters:
    ///   - q: `[Q, columns]`; k, v: `[T, columns]`.
    ///   - bias: a block `[queries, L]` for each sequence.
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
