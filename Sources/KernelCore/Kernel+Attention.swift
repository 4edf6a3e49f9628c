/// Which rows of a packed sequence ask in attention, and what they see.
public enum AttentionQueries: BitwiseCopyable, Sendable {
    /// Every position asks and sees all positions.
    case all
    /// Every position asks and sees itself and what is older.
    case causal
    /// Only the newest position asks; it sees all positions. `q` and `y` have one row a segment.
    case newest

    /// Queries of a segment of `length` rows.
    @inline(__always)
    func count(_ length: Int) -> Int { self == .newest ? min(length, 1) : length }

    /// The row of `q` and `y` at which a segment's queries begin.
    @inline(__always)
    func start(_ segment: Int, _ segments: Segments) -> Int { self == .newest ? segment : segments.start(segment) }

    /// How many positions a segment's query number `row` sees.
    @inline(__always)
    func seen(_ row: Int, _ length: Int) -> Int { self == .causal ? row + 1 : length }
}

/// Vectors that belong to pairs of positions and join the keys and the values of attention (Shaw et al. 2018):
/// of query i and key j the rows `slots[i, j]` of `keys` and `values`.
public struct RelativeRows: BitwiseCopyable {
    /// For each segment a block `[queries, L]`, the same for all heads.
    public let slots: UnsafePointer<Int32>
    /// `[rows, columns]`.
    public let keys: UnsafePointer<Float>
    public let values: UnsafePointer<Float>

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
/// segment and head in turn, a `[queries, L]` block; ``attentionWeightCount(segments:heads:queries:)`` is its size.
extension Kernel {
    /// Number of attention weights of all segments and heads.
    public static func attentionWeightCount(segments: Segments, heads: Int, queries: AttentionQueries) -> Int {
        var count = 0
        for segment in 0..<segments.count {
            count += queries.count(segments.length(segment)) * segments.length(segment)
        }
        return count * heads
    }

    /// - Parameters:
    ///   - q: `[T, columns]`, or one row a segment; k, v: `[T, columns]`; `y`: of the shape of `q`.
    public static func attention(
        q: UnsafePointer<Float>, k: UnsafePointer<Float>, v: UnsafePointer<Float>, relative: RelativeRows?,
        segments: Segments, columns: Int, heads: Int, queries: AttentionQueries,
        weights: UnsafeMutablePointer<Float>, into y: UnsafeMutablePointer<Float>
    ) {
        let width = columns / heads
        let scale = 1 / Float(width).squareRoot()
        var block = weights
        var slots = relative?.slots
        for segment in 0..<segments.count {
            let length = segments.length(segment)
            let count = queries.count(length)
            if length == 0 && queries == .newest { clear(y + segment * columns, count: columns) }
            for head in 0..<heads {
                let own = queries.start(segment, segments) * columns + head * width
                let first = segments.start(segment) * columns + head * width
                SmallProducts.inner(
                    q + own, columns, count, k + first, columns, length, width: width, scale: scale,
                    into: block, length)
                for row in 0..<count {
                    let seen = queries.seen(row, length)
                    let scores = block + row * length
                    if let relative, let slots {
                        let query = q + (own + row * columns)
                        for place in 0..<seen {
                            let other = relative.keys + (Int(slots[row * length + place]) * columns + head * width)
                            scores[place] += SmallProducts.dot(query, other, width) * scale
                        }
                    }
                    rowSoftmax(scores, rows: 1, columns: seen, into: scores)
                    clear(scores + seen, count: length - seen)
                }
                SmallProducts.combine(
                    block, length, 1, count, length, v + first, columns, width: width,
                    into: y + own, columns, accumulate: false)
                if let relative, let slots {
                    for row in 0..<count {
                        for place in 0..<queries.seen(row, length) {
                            let other = relative.values + (Int(slots[row * length + place]) * columns + head * width)
                            SmallProducts.add(
                                other, times: block[row * length + place], to: y + (own + row * columns), width)
                        }
                    }
                }
                block += count * length
            }
            slots = slots.map { $0 + count * length }
        }
    }

    /// Adds the derivatives to `dq`, `dk`, `dv`, and to `drelative`'s rows where there are relative rows.
    ///
    /// - Parameters:
    ///   - scratch: room for the largest block of weights of one head.
    ///   - drelative: derivatives of the relative keys and values.
    public static func attentionBackward(
        q: UnsafePointer<Float>, k: UnsafePointer<Float>, v: UnsafePointer<Float>, relative: RelativeRows?,
        weights: UnsafePointer<Float>, dy: UnsafePointer<Float>, segments: Segments, columns: Int, heads: Int,
        queries: AttentionQueries, scratch: UnsafeMutablePointer<Float>,
        dq: UnsafeMutablePointer<Float>, dk: UnsafeMutablePointer<Float>, dv: UnsafeMutablePointer<Float>,
        drelative: (keys: UnsafeMutablePointer<Float>, values: UnsafeMutablePointer<Float>)?
    ) {
        let width = columns / heads
        let scale = 1 / Float(width).squareRoot()
        var block = weights
        var slots = relative?.slots
        for segment in 0..<segments.count {
            let length = segments.length(segment)
            let count = queries.count(length)
            for head in 0..<heads {
                let own = queries.start(segment, segments) * columns + head * width
                let first = segments.start(segment) * columns + head * width
                SmallProducts.combine(
                    block, 1, length, length, count, dy + own, columns, width: width,
                    into: dv + first, columns, accumulate: true)
                SmallProducts.inner(
                    dy + own, columns, count, v + first, columns, length, width: width, scale: 1,
                    into: scratch, length)
                for row in 0..<count {
                    let weight = block + row * length
                    let gradient = scratch + row * length
                    let incoming = dy + (own + row * columns)
                    if let relative, let drelative, let slots {
                        for place in 0..<queries.seen(row, length) {
                            let offset = Int(slots[row * length + place]) * columns + head * width
                            gradient[place] += SmallProducts.dot(incoming, relative.values + offset, width)
                            SmallProducts.add(incoming, times: weight[place], to: drelative.values + offset, width)
                        }
                    }
                    let mean = SmallProducts.dot(weight, gradient, length)
                    for column in 0..<length { gradient[column] = weight[column] * (gradient[column] - mean) * scale }
                    if let relative, let drelative, let slots {
                        let query = q + (own + row * columns)
                        for place in 0..<queries.seen(row, length) {
                            let offset = Int(slots[row * length + place]) * columns + head * width
                            SmallProducts.add(
                                relative.keys + offset, times: gradient[place], to: dq + (own + row * columns), width)
                            SmallProducts.add(query, times: gradient[place], to: drelative.keys + offset, width)
                        }
                    }
                }
                SmallProducts.combine(
                    scratch, length, 1, count, length, k + first, columns, width: width,
                    into: dq + own, columns, accumulate: true)
                SmallProducts.combine(
                    scratch, 1, length, length, count, q + own, columns, width: width,
                    into: dk + first, columns, accumulate: true)
                block += count * length
            }
            slots = slots.map { $0 + count * length }
        }
    }
}
