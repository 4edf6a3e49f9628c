/// Which positions of a sequence ask in attention, and what they see.
public enum AttentionQueries: BitwiseCopyable, Sendable {
    /// Every position asks and sees all positions.
    case all
    /// Every position asks and sees itself and what is older.
    case causal
    /// Only the newest position asks; it sees all positions. `q` and `y` have one row a sequence.
    case newest

    /// Pairs of a query and a position of the same sequence, whether it is seen or not.
    public func pairCount(in sequences: JaggedOffsets) -> Int {
        var pairs = 0
        for sequence in 0..<sequences.count {
            pairs += count(sequences.length(sequence)) * sequences.length(sequence)
        }
        return pairs
    }

    /// Queries of a sequence of `length` rows.
    @inline(__always)
    func count(_ length: Int) -> Int { self == .newest ? min(length, 1) : length }

    /// The row of `q` and `y` at which a sequence's queries begin.
    @inline(__always)
    func start(_ sequence: Int, _ sequences: JaggedOffsets) -> Int {
        self == .newest ? sequence : sequences.start(sequence)
    }

    /// How many positions a sequence's query number `row` sees.
    @inline(__always)
    func seen(_ row: Int, _ length: Int) -> Int { self == .causal ? row + 1 : length }
}

/// What attention is computed over: sequences, heads, and which positions ask.
public struct AttentionPlan: BitwiseCopyable {
    /// The sequences; attention stays inside each of them.
    public let sequences: JaggedOffsets
    /// Contiguous slices of the columns, which they divide.
    public let heads: Int
    /// Which positions ask.
    public let queries: AttentionQueries

    /// Attention inside `sequences` with `heads` heads.
    public init(over sequences: JaggedOffsets, heads: Int, queries: AttentionQueries) {
        self.sequences = sequences
        self.heads = heads
        self.queries = queries
    }

    /// Rows of `q` and of the result.
    public var queryCount: Int { queries == .newest ? sequences.count : sequences.total }

    /// Number of attention weights of all sequences and heads.
    public var weightCount: Int { queries.pairCount(in: sequences) * heads }

    /// Floats of the largest block of weights of one head.
    public var scratchCount: Int { queries == .newest ? sequences.longest : sequences.longest * sequences.longest }
}

/// Queries, keys and values of attention.
public struct AttentionInputs: BitwiseCopyable {
    /// `[T, columns]`, or one row a sequence with the queries `newest`.
    public let q: MatrixView
    /// `[T, columns]`.
    public let k: UnsafePointer<Float>
    /// `[T, columns]`.
    public let v: UnsafePointer<Float>
    /// What joins keys and values of pairs of positions; nil: nothing does.
    public let relative: RelativeRows?

    /// - Parameters:
    ///   - q: `[T, columns]`, or one row a sequence; k, v: `[T, columns]`.
    public init(
        q: MatrixView, k: UnsafePointer<Float>, v: UnsafePointer<Float>, relative: RelativeRows? = nil
    ) {
        self.q = q
        self.k = k
        self.v = v
        self.relative = relative
    }
}

/// Where the derivatives of ``AttentionInputs`` are added, each of the shape of its input.
public struct AttentionGradients: BitwiseCopyable {
    let q: UnsafeMutablePointer<Float>
    let k: UnsafeMutablePointer<Float>
    let v: UnsafeMutablePointer<Float>
    let relativeKeys: UnsafeMutablePointer<Float>?
    let relativeValues: UnsafeMutablePointer<Float>?

    /// - Parameter relative: of the relative keys and values, where there are any.
    public init(
        q: UnsafeMutablePointer<Float>, k: UnsafeMutablePointer<Float>, v: UnsafeMutablePointer<Float>,
        relative: (keys: UnsafeMutablePointer<Float>, values: UnsafeMutablePointer<Float>)? = nil
    ) {
        self.q = q
        self.k = k
        self.v = v
        relativeKeys = relative?.keys
        relativeValues = relative?.values
    }
}

/// Vectors that belong to pairs of positions and join the keys and the values of attention (Shaw et al. 2018):
/// of query i and key j the rows `slots[i, j]` of `keys` and `values`.
public struct RelativeRows: BitwiseCopyable {
    /// For each sequence a block `[queries, L]`, the same for all heads.
    public let slots: UnsafePointer<Int32>
    /// `[rows, columns]`.
    public let keys: UnsafePointer<Float>
    /// `[rows, columns]`.
    public let values: UnsafePointer<Float>

    /// - Parameters:
    ///   - slots: for each sequence a block `[queries, L]` of rows; keys, values: `[rows, columns]`.
    public init(slots: UnsafePointer<Int32>, keys: UnsafePointer<Float>, values: UnsafePointer<Float>) {
        self.slots = slots
        self.keys = keys
        self.values = values
    }
}

/// Scaled dot-product attention inside packed sequences (Vaswani et al. 2017), with rows for pairs of positions where
/// there are any (Shaw et al. 2018):
///
///     a_ij = softmax over j of  <q_i, k_j + r_ij> / sqrt(width of a head),   y_i = sum_j a_ij (v_j + s_ij)
///
/// Heads are contiguous slices of the columns. Weights are kept for the backward pass: `weights` holds, for each
/// sequence and head in turn, a `[queries, L]` block; ``AttentionPlan/weightCount`` is its size.
extension Kernel {
    /// `y`, of the shape of `q`.
    ///
    /// - Parameter weights: room for ``AttentionPlan/weightCount``, kept for the backward pass.
    public static func attention(
        _ plan: AttentionPlan, _ inputs: AttentionInputs, weights: UnsafeMutablePointer<Float>,
        into y: UnsafeMutablePointer<Float>
    ) {
        let (sequences, queries, heads) = (plan.sequences, plan.queries, plan.heads)
        let (q, k, v, relative) = (inputs.q.start, inputs.k, inputs.v, inputs.relative)
        let columns = inputs.q.columns
        let width = columns / heads
        let scale = 1 / Float(width).squareRoot()
        var block = weights
        var slots = relative?.slots
        for sequence in 0..<sequences.count {
            let length = sequences.length(sequence)
            let count = queries.count(length)
            if length == 0 && queries == .newest { clear(y + sequence * columns, count: columns) }
            for head in 0..<heads {
                let own = queries.start(sequence, sequences) * columns + head * width
                let first = sequences.start(sequence) * columns + head * width
                SmallProducts.inner(
                    StridedRows(q + own, stride: columns, count: count),
                    StridedRows(k + first, stride: columns, count: length), width: width, scale: scale,
                    into: StridedResult(block, stride: length))
                for row in 0..<count {
                    let seen = queries.seen(row, length)
                    let scores = block + row * length
                    if let relative, let slots {
                        let query = q + (own + row * columns)
                        for position in 0..<seen {
                            let other = relative.keys + (Int(slots[row * length + position]) * columns + head * width)
                            scores[position] += SmallProducts.dot(query, other, width) * scale
                        }
                    }
                    rowSoftmax(scores, seen, into: scores)
                    clear(scores + seen, count: length - seen)
                }
                SmallProducts.combine(
                    SumWeights(block, rowStride: length, columnStride: 1, count: count),
                    StridedRows(v + first, stride: columns, count: length), width: width,
                    into: StridedResult(y + own, stride: columns))
                if let relative, let slots {
                    for row in 0..<count {
                        for position in 0..<queries.seen(row, length) {
                            let slot = Int(slots[row * length + position])
                            SmallProducts.add(
                                relative.values + (slot * columns + head * width),
                                times: block[row * length + position], to: y + (own + row * columns), width)
                        }
                    }
                }
                block += count * length
            }
            slots = slots.map { $0 + count * length }
        }
    }

    /// Adds the derivatives to `gradients`.
    ///
    /// - Parameters:
    ///   - weights: those of the forward pass.
    ///   - dy: of the shape of `q`.
    ///   - scratch: room for ``AttentionPlan/scratchCount``.
    public static func attentionBackward(
        _ plan: AttentionPlan, _ inputs: AttentionInputs, weights: UnsafePointer<Float>, dy: UnsafePointer<Float>,
        scratch: UnsafeMutablePointer<Float>, addingTo gradients: AttentionGradients
    ) {
        let (sequences, queries, heads) = (plan.sequences, plan.queries, plan.heads)
        let (q, k, v, relative) = (inputs.q.start, inputs.k, inputs.v, inputs.relative)
        let columns = inputs.q.columns
        let width = columns / heads
        let scale = 1 / Float(width).squareRoot()
        var block = weights
        var slots = relative?.slots
        for sequence in 0..<sequences.count {
            let length = sequences.length(sequence)
            let count = queries.count(length)
            for head in 0..<heads {
                let own = queries.start(sequence, sequences) * columns + head * width
                let first = sequences.start(sequence) * columns + head * width
                SmallProducts.combine(
                    SumWeights(block, rowStride: 1, columnStride: length, count: length),
                    StridedRows(dy + own, stride: columns, count: count), width: width,
                    into: StridedResult(gradients.v + first, stride: columns), accumulate: true)
                SmallProducts.inner(
                    StridedRows(dy + own, stride: columns, count: count),
                    StridedRows(v + first, stride: columns, count: length), width: width,
                    into: StridedResult(scratch, stride: length))
                for row in 0..<count {
                    let weight = block + row * length
                    let gradient = scratch + row * length
                    let incoming = dy + (own + row * columns)
                    if let relative, let values = gradients.relativeValues, let slots {
                        for position in 0..<queries.seen(row, length) {
                            let offset = Int(slots[row * length + position]) * columns + head * width
                            gradient[position] += SmallProducts.dot(incoming, relative.values + offset, width)
                            SmallProducts.add(incoming, times: weight[position], to: values + offset, width)
                        }
                    }
                    let mean = SmallProducts.dot(weight, gradient, length)
                    for column in 0..<length { gradient[column] = weight[column] * (gradient[column] - mean) * scale }
                    if let relative, let keys = gradients.relativeKeys, let slots {
                        let query = q + (own + row * columns)
                        for position in 0..<queries.seen(row, length) {
                            let offset = Int(slots[row * length + position]) * columns + head * width
                            SmallProducts.add(
                                relative.keys + offset, times: gradient[position],
                                to: gradients.q + (own + row * columns), width)
                            SmallProducts.add(query, times: gradient[position], to: keys + offset, width)
                        }
                    }
                }
                SmallProducts.combine(
                    SumWeights(scratch, rowStride: length, columnStride: 1, count: count),
                    StridedRows(k + first, stride: columns, count: length), width: width,
                    into: StridedResult(gradients.q + own, stride: columns), accumulate: true)
                SmallProducts.combine(
                    SumWeights(scratch, rowStride: 1, columnStride: length, count: length),
                    StridedRows(q + own, stride: columns, count: count), width: width,
                    into: StridedResult(gradients.k + first, stride: columns), accumulate: true)
                block += count * length
            }
            slots = slots.map { $0 + count * length }
        }
    }
}
