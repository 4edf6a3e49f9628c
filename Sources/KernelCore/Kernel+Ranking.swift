internal import CVector

/// Ranking of items by their scores: the largest inner product of a row of the item table with a user's interests.
///
/// "Not below" rather than "at least": a score that is not a number counts against the model.
extension Kernel {
    /// How many of `scores` `[count]` are not below `target`.
    public static func countNotBelow(_ target: Float, _ scores: UnsafePointer<Float>, _ count: Int) -> Int32 {
        var result: Int32 = 0
        for index in 0..<count { result += scores[index] < target ? 0 : 1 }
        return result
    }

    /// The score of one row of an item table, bit for bit the one that
    /// ``countRowsNotBelow(_:interests:interestCount:table:rows:excluded:of:columns:into:best:)`` compares, and the
    /// interest that gives it, the first one on ties.
    ///
    /// - Parameters:
    ///   - interests: `[interestCount, columns]`; row: `[columns]`.
    /// - Returns: not a number, and the first such interest, if one of the products is none.
    public static func rowScore(
        _ row: UnsafePointer<Float>, interests: UnsafePointer<Float>, interestCount: Int, columns: Int
    ) -> (score: Float, interest: Int) {
        var best = (score: RankingPanel.product(interests, row, columns: columns), interest: 0)
        for interest in 1..<max(interestCount, 1) {
            let product = RankingPanel.product(interests + interest * columns, row, columns: columns)
            if !(product <= best.score || best.score.isNaN) { best = (product, interest) }
        }
        return best
    }

    /// Adds to `counts[b]` how many rows of `table` score not below `targets[b]`, but for those left out.
    ///
    /// The users pass by one panel of rows after another; no score is kept beyond that. The bits of a score depend on
    /// the row and the user's interests alone.
    ///
    /// - Parameters:
    ///   - targets, counts: `[count]`; interests: `[count, interestCount, columns]`, with at least one interest.
    ///   - rows: the rows of `table` that take part.
    ///   - excluded: for each user of `users` (`count` segments) the rows that do not take part, strictly ascending.
    ///   - best: is offered the rows that take part; nil where the best rows are not wanted.
    public static func countRowsNotBelow(
        _ targets: UnsafePointer<Float>, interests: UnsafePointer<Float>, interestCount: Int,
        table: UnsafePointer<Float>, rows: Range<Int>, excluded: UnsafePointer<Int32>, of users: Segments, columns: Int,
        into counts: UnsafeMutablePointer<Int32>, best: BestRows? = nil
    ) {
        let width = RankingPanel.width
        let height = RankingPanel.height
        withUnsafeTemporaryAllocation(byteCount: 4 * width * (columns + height * interestCount), alignment: 64) {
            let panel = $0.baseAddress!.assumingMemoryBound(to: Float.self)
            let products = panel + width * columns
            withUnsafeTemporaryAllocation(of: Int32.self, capacity: users.count) {
                let nextExcluded = $0.baseAddress!
                for user in 0..<users.count {
                    var next = users.offsets[user]
                    while next < users.offsets[user + 1], excluded[Int(next)] < rows.lowerBound { next += 1 }
                    nextExcluded[user] = next
                }
                for start in stride(from: rows.lowerBound, to: rows.upperBound, by: width) {
                    let size = min(width, rows.upperBound - start)
                    RankingPanel.pack(table, start: start, count: size, columns: columns, into: panel)
                    for first in stride(from: 0, to: users.count, by: height) {
                        let end = min(first + height, users.count)
                        RankingPanel.multiply(
                            interests + first * interestCount * columns, rows: (end - first) * interestCount, panel,
                            columns: columns, into: products)
                        for user in first..<end {
                            let takingPart = rowsTakingPart(
                                start, size, excluded, &nextExcluded[user], until: users.offsets[user + 1])
                            let own = products + (user - first) * interestCount * width
                            counts[user] += Int32(
                                (takingPart & ~bitsBelow(targets[user], own, interestCount)).nonzeroBitCount)
                            if let best { offer(own, interestCount, start, takingPart, to: best, user: user) }
                        }
                    }
                }
            }
        }
    }

    /// A bit for each of the `size` rows from `start` that is not in the list.
    @inline(__always)
    static func rowsTakingPart(
        _ start: Int, _ size: Int, _ excluded: UnsafePointer<Int32>, _ next: inout Int32, until end: Int32
    ) -> UInt32 {
        var bits = UInt32.max >> UInt32(RankingPanel.width - size)
        while next < end, excluded[Int(next)] < start + size {
            bits &= ~(UInt32(1) << UInt32(excluded[Int(next)] - Int32(start)))
            next += 1
        }
        return bits
    }

    /// A bit for each row of the panel whose products are all below `target`.
    @inline(__always)
    private static func bitsBelow(_ target: Float, _ products: UnsafePointer<Float>, _ interestCount: Int) -> UInt32 {
        let limit = Vector(repeating: target)
        var low = SIMD16<Int32>(repeating: -1)
        var high = low
        for interest in 0..<interestCount {
            let own = products + interest * RankingPanel.width
            low = facet_and_below(low, Vector(own, 0), limit)
            high = facet_and_below(high, Vector(own, Vector.scalarCount), limit)
        }
        return facet_bits(low) | facet_bits(high) << UInt32(Vector.scalarCount)
    }

    /// Offers those rows of the panel that take part and are not below the last one that is kept.
    @inline(__always)
    private static func offer(
        _ products: UnsafeMutablePointer<Float>, _ interestCount: Int, _ start: Int, _ takingPart: UInt32,
        to best: BestRows, user: Int
    ) {
        let below = mergeInterests(products, interestCount, threshold: best.threshold(user))
        var bits = takingPart & ~below
        while bits != 0 {
            let place = bits.trailingZeroBitCount
            best.offer(Int32(start + place), score: products[place], user: user)
            bits &= bits - 1
        }
    }
    /// Puts the largest product of each row of the panel in the place of that of the first interest, which is no longer
    /// needed then.
    ///
    /// - Returns: a bit for each row whose largest product is below the threshold.
    @inline(__always)
    static func mergeInterests(
        _ products: UnsafeMutablePointer<Float>, _ interestCount: Int, threshold: Float
    ) -> UInt32 {
        let threshold = Vector(repeating: threshold)
        let all = SIMD16<Int32>(repeating: -1)
        var below: UInt32 = 0
        for index in stride(from: 0, to: RankingPanel.width, by: Vector.scalarCount) {
            var score = Vector(products, index)
            for interest in 1..<max(interestCount, 1) {
                score = facet_larger(score, Vector(products, interest * RankingPanel.width + index))
            }
            score.store(products, index)
            below |= facet_bits(facet_and_below(all, score, threshold)) << UInt32(index)
        }
        return below
    }
}
