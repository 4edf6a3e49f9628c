import Glibc

/// The time between two items as one of a few numbers: its logarithm in steps of 0.301, about a factor of 1.35.
public enum TimeBuckets {
    /// How many there are; the last is for all times that are longer.
    public static let count = 129

    /// The bucket of a time: `floor(log(max(1, time)) / 0.301)`.
    public static func bucket(of time: UInt64) -> UInt8 {
        UInt8(min(log(Double(max(time, 1))) / 0.301, Double(count - 1)))
    }

    /// For each sequence the block `[L, L]` of the buckets between a row and those that it sees.
    ///
    /// - Parameter moments: `[sequences.total]`, the times, not falling within a sequence.
    public static func fill(
        _ buckets: UnsafeMutablePointer<UInt8>, _ moments: UnsafePointer<Int64>, over sequences: JaggedOffsets
    ) {
        var block = buckets
        for sequence in 0..<sequences.count {
            let start = sequences.start(sequence)
            let length = sequences.length(sequence)
            for row in 0..<length {
                let own = moments[start + row]
                // Backwards the time grows: neighbours have one bucket more often than not.
                var (known, bucket) = (UInt64.max, UInt8(0))
                for position in (0...row).reversed() {
                    let other = moments[start + position]
                    let time = UInt64(bitPattern: max(own, other) &- min(own, other))
                    if time != known { (known, bucket) = (time, Self.bucket(of: time)) }
                    block[row * length + position] = bucket
                }
            }
            block += length * length
        }
    }
}

extension Kernel {
    /// Numbers for pairs of positions: for each sequence a block `[L, L]`, `y_ij = distances[i - j] + times[bucket_ij]` for
    /// `j <= i`, otherwise 0.
    ///
    /// - Parameters:
    ///   - distances: `[count]`, that of distance 0 last; `count` is at least the longest length.
    ///   - times: `[TimeBuckets.count]`, buckets: as ``TimeBuckets`` fills them; nil: no part.
    public static func relativeBias(
        distances: UnsafePointer<Float>, count: Int, times: UnsafePointer<Float>?, buckets: UnsafePointer<UInt8>?,
        over sequences: JaggedOffsets, into y: UnsafeMutablePointer<Float>
    ) {
        var first = 0
        for sequence in 0..<sequences.count {
            let length = sequences.length(sequence)
            for row in 0..<length {
                let rowStart = first + row * length
                let numbers = y + rowStart
                numbers.update(from: distances + (count - 1 - row), count: row + 1)
                if let times, let buckets {
                    for position in 0...row { numbers[position] += times[Int(buckets[rowStart + position])] }
                }
                clear(numbers + (row + 1), count: length - row - 1)
            }
            first += length * length
        }
    }

    /// Adds the derivatives of ``relativeBias(distances:count:times:buckets:over:into:)``.
    public static func relativeBiasBackward(
        dy: UnsafePointer<Float>, count: Int, buckets: UnsafePointer<UInt8>?, over sequences: JaggedOffsets,
        ddistances: UnsafeMutablePointer<Float>, dtimes: UnsafeMutablePointer<Float>?
    ) {
        var first = 0
        for sequence in 0..<sequences.count {
            let length = sequences.length(sequence)
            for row in 0..<length {
                let rowStart = first + row * length
                accumulate(dy + rowStart, into: ddistances + (count - 1 - row), count: row + 1)
                guard let dtimes, let buckets else { continue }
                for position in 0...row { dtimes[Int(buckets[rowStart + position])] += dy[rowStart + position] }
            }
            first += length * length
        }
    }
}
