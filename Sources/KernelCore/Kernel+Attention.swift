/// Scaled dot-product attention inside packed sequences (Vaswani et al. 2017):
///
///     a = softmax(q k^T / sqrt(width of a head)),   y = a v
///
/// Heads are contiguous slices of the columns. Weights are kept for the backward pass: `weights` holds, for each
/// segment and head in turn, an `[L, L]` block whose rows are queries; ``attentionWeightCount(segments:heads:)`` is
/// its size.
extension Kernel {
    /// Number of attention weights of all segments: `heads * sum of L^2`.
    public static func attentionWeightCount(segments: Segments, heads: Int) -> Int {
        var count = 0
        for segment in 0..<segments.count { count += segments.length(segment) * segments.length(segment) }
        return count * heads
    }

    /// - Parameters:
    ///   - q, k, v: `[T, columns]`, `y`: `[T, columns]`.
    ///   - causal: whether a position sees only itself and what is older.
    public static func attention(
        q: UnsafePointer<Float>, k: UnsafePointer<Float>, v: UnsafePointer<Float>, segments: Segments,
        columns: Int, heads: Int, causal: Bool,
        weights: UnsafeMutablePointer<Float>, into y: UnsafeMutablePointer<Float>
    ) {
        let width = columns / heads
        let scale = 1 / Float(width).squareRoot()
        var block = weights
        for segment in 0..<segments.count {
            let length = segments.length(segment)
            for head in 0..<heads {
                let first = segments.start(segment) * columns + head * width
                SmallProducts.inner(
                    q + first, columns, length, k + first, columns, length, width: width, scale: scale,
                    into: block, length)
                for row in 0..<length {
                    let seen = causal ? row + 1 : length
                    rowSoftmax(block + row * length, rows: 1, columns: seen, into: block + row * length)
                    clear(block + (row * length + seen), count: length - seen)
                }
                SmallProducts.combine(
                    block, length, 1, length, length, v + first, columns, width: width,
                    into: y + first, columns, accumulate: false)
                block += length * length
            }
        }
    }

    /// Adds the derivatives to `dq`, `dk` and `dv`.
    ///
    /// - Parameter scratch: room for the largest `L * L`.
    public static func attentionBackward(
        q: UnsafePointer<Float>, k: UnsafePointer<Float>, v: UnsafePointer<Float>, weights: UnsafePointer<Float>,
        dy: UnsafePointer<Float>, segments: Segments, columns: Int, heads: Int,
        scratch: UnsafeMutablePointer<Float>,
        dq: UnsafeMutablePointer<Float>, dk: UnsafeMutablePointer<Float>, dv: UnsafeMutablePointer<Float>
    ) {
        let width = columns / heads
        let scale = 1 / Float(width).squareRoot()
        var block = weights
        for segment in 0..<segments.count {
            let length = segments.length(segment)
            for head in 0..<heads {
                let first = segments.start(segment) * columns + head * width
                SmallProducts.combine(
                    block, 1, length, length, length, dy + first, columns, width: width,
                    into: dv + first, columns, accumulate: true)
                SmallProducts.inner(
                    dy + first, columns, length, v + first, columns, length, width: width, scale: 1,
                    into: scratch, length)
                for row in 0..<length {
                    let weight = block + row * length
                    let slope = scratch + row * length
                    let mean = SmallProducts.dot(weight, slope, length)
                    for column in 0..<length { slope[column] = weight[column] * (slope[column] - mean) * scale }
                }
                SmallProducts.combine(
                    scratch, length, 1, length, length, k + first, columns, width: width,
                    into: dq + first, columns, accumulate: true)
                SmallProducts.combine(
                    scratch, 1, length, length, length, q + first, columns, width: width,
                    into: dk + first, columns, accumulate: true)
                block += length * length
            }
        }
    }
}
