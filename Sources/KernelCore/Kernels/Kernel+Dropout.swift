extension Kernel {
    /// Inverted dropout: each value is kept with probability `1 - rate` and divided by it, otherwise 0.
    ///
    /// Whether a value is kept depends on (seed, step, sample, site, row within the sample, column) alone.
    ///
    /// - Parameters:
    ///   - streams: of the seed and the step, for ``RandomPurpose/dropout``.
    ///   - site: number of the dropout layer within the model, below 256.
    ///   - multipliers: of the shape of `x`, 0 or `1 / (1 - rate)`, kept for the backward pass.
    ///   - y: of the shape of `x`, may be the same memory.
    ///   - owner: the sample that a row belongs to, and the number of the row within the sample.
    public static func dropout(
        _ x: MatrixView, rate: Float, streams: RandomStreams, site: UInt32, multipliers: UnsafeMutablePointer<Float>,
        into y: UnsafeMutablePointer<Float>, owner: (_ row: Int) -> (sample: UInt32, row: Int)
    ) {
        let key = streams.key
        let (columns, step) = (x.columns, streams.iteration)
        let threshold = UInt32((Double(rate) * 0x1p32).rounded())
        let keep = 1 / (1 - rate)
        let blocksPerRow = (columns + 3) / 4
        for row in 0..<x.rows {
            let (sample, ownRow) = owner(row)
            let offset = row * columns
            for block in 0..<blocksPerRow {
                let number = site << 24 | UInt32(truncatingIfNeeded: ownRow * blocksPerRow + block) & 0xFF_FFFF
                let words = Philox4x32.block(
                    counter: (number, sample, step, streams.purpose.rawValue), key: key)
                let first = offset + block * 4
                let room = min(4, columns - block * 4)
                multipliers[first] = words.0 >= threshold ? keep : 0
                if room > 1 { multipliers[first + 1] = words.1 >= threshold ? keep : 0 }
                if room > 2 { multipliers[first + 2] = words.2 >= threshold ? keep : 0 }
                if room > 3 { multipliers[first + 3] = words.3 >= threshold ? keep : 0 }
            }
        }
        multiply(x.start, multipliers, into: y, count: x.count)
    }

    /// `y[i] = a[i] * b[i]`.
    public static func multiply(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int
    ) {
        forEachVector(count) { index, lanes in
            store(load(a, index, lanes) * load(b, index, lanes), y, index, lanes)
        }
    }

    /// `y[i] += a[i] * b[i]`.
    public static func addProduct(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int
    ) {
        forEachVector(count) { index, lanes in
            store(
                load(a, index, lanes).multiplied(by: load(b, index, lanes), adding: load(y, index, lanes)),
                y, index, lanes)
        }
    }
}
