internal import CVector

extension Kernel {
    /// How many words ``dropout(_:rate:streams:site:kept:into:owner:)`` needs for its bits.
    public static func dropoutWordCount(rows: Int, columns: Int) -> Int { rows * wordsPerRow(columns) }

    private static func wordsPerRow(_ columns: Int) -> Int {
        (columns + Vector.scalarCount - 1) / Vector.scalarCount
    }

    /// Inverted dropout: each value is kept with probability `1 - rate` and divided by it, otherwise 0.
    ///
    /// Whether a value is kept depends on (seed, step, sample, site, row within the sample, column) alone: four columns
    /// are a block of ``Philox4x32``.
    ///
    /// - Parameters:
    ///   - streams: of the seed and the step, for ``RandomPurpose/dropout``.
    ///   - site: number of the dropout layer within the model, below 256.
    ///   - kept: ``dropoutWordCount(rows:columns:)`` words, a bit for each value, for the backward pass.
    ///   - y: of the shape of `x`, may be the same memory.
    ///   - owner: the sample that a row belongs to, and the number of the row within the sample.
    public static func dropout(
        _ x: MatrixView, rate: Float, streams: RandomStreams, site: UInt32, kept: UnsafeMutablePointer<UInt16>,
        into y: UnsafeMutablePointer<Float>, owner: (_ row: Int) -> (sample: UInt32, row: Int)
    ) {
        let columns = x.columns
        let threshold = UInt32((Double(rate) * 0x1p32).rounded())
        let factor = Vector(repeating: 1 / (1 - rate))
        let blocksPerRow = (columns + 3) / 4
        let words = wordsPerRow(columns)
        for row in 0..<x.rows {
            let (sample, ownRow) = owner(row)
            let bits = kept + row * words
            for word in stride(from: 0, to: words, by: 2) {
                let pair = facet_philox_bits(
                    site, UInt32(truncatingIfNeeded: ownRow * blocksPerRow + word * 4), sample, streams.iteration,
                    streams.purpose.rawValue, streams.key.0, streams.key.1, threshold)
                bits[word] = UInt16(truncatingIfNeeded: pair)
                if word + 1 < words { bits[word + 1] = UInt16(truncatingIfNeeded: pair >> 16) }
            }
            let offset = row * columns
            forEachVector(columns) { index, lanes in
                let value = load(x.start, offset + index, lanes) * factor
                store(facet_where_bits(UInt32(bits[index / Vector.scalarCount]), value), y, offset + index, lanes)
            }
        }
    }

    /// Adds the derivatives of ``dropout(_:rate:streams:site:kept:into:owner:)``.
    public static func dropoutBackward(
        dy: MatrixView, rate: Float, kept: UnsafePointer<UInt16>, dx: GradientSum
    ) {
        let factor = Vector(repeating: 1 / (1 - rate))
        let words = wordsPerRow(dy.columns)
        for row in 0..<dy.rows {
            let offset = row * dy.columns
            let bits = kept + row * words
            forEachVector(dy.columns) { index, lanes in
                let passed = facet_where_bits(
                    UInt32(bits[index / Vector.scalarCount]), load(dy.start, offset + index, lanes))
                dx.add(passed, times: factor, offset + index, lanes)
            }
        }
    }
}
