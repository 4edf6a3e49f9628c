internal import CVector

/// Which rows of an item table are ranked for each user.
public struct RankedRows {
    /// `[*, d]`.
    let table: UnsafePointer<Float>
    /// The rows of the table that take part.
    let rows: Range<Int>
    /// For each user the rows that do not take part, strictly ascending.
    let excluded: UnsafePointer<Int32>
    /// Where the excluded rows of each user are.
    let excludedOffsets: JaggedOffsets

    /// - Parameters:
    ///   - rows: the rows of `table` `[*, d]` that take part.
    ///   - excluded: for each user those of them that do not, strictly ascending.
    ///   - offsets: where the excluded rows of each user are.
    public init(
        _ rows: Range<Int>, of table: UnsafePointer<Float>, excluding excluded: UnsafePointer<Int32>,
        at offsets: JaggedOffsets
    ) {
        self.table = table
        self.rows = rows
        self.excluded = excluded
        excludedOffsets = offsets
    }
}

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
    /// ``countRowsNotBelow(_:interests:_:among:into:best:)`` compares, and the interest that gives it, the first one on
    /// ties.
    ///
    /// - Parameters:
    ///   - row: `[d]`; interests: `[K, d]`, those of one user.
    /// - Returns: not a number, and the first such interest, if one of the products is none.
    public static func rowScore(
        _ row: UnsafePointer<Float>, interests: MatrixView
    ) -> (score: Float, interest: Int) {
        let columns = interests.columns
        var best = (score: RankingPanel.product(interests.start, row, columns: columns), interest: 0)
        for interest in 1..<max(interests.rows, 1) {
            let product = RankingPanel.product(interests.row(interest), row, columns: columns)
            if !(product <= best.score || best.score.isNaN) { best = (product, interest) }
        }
        return best
    }

    /// Adds to `counts[b]` how many rows of a table score not below `targets[b]`, but for those that are excluded.
    ///
    /// The users pass by one panel of rows after another; no score is kept beyond that. The bits of a score depend on
    /// the row and the user's interests alone.
    ///
    /// - Parameters:
    ///   - targets, counts: `[users]`; interests: `[users * K, d]`, with at least one interest, all of which take part.
    ///   - ranked: the rows that take part, for as many users.
    ///   - best: is offered the rows that take part; nil where the best rows are not wanted.
    public static func countRowsNotBelow(
        _ targets: UnsafePointer<Float>, interests: MatrixView, _ groups: InterestGroups, among ranked: RankedRows,
        into counts: UnsafeMutablePointer<Int32>, best: BestRows? = nil
    ) {
        let (columns, interestCount) = (interests.columns, groups.perUser)
        let (interests, table, rows) = (interests.start, ranked.table, ranked.rows)
        let (excluded, users) = (ranked.excluded, ranked.excludedOffsets)
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
        // Panels may have been passed over.
        while next < end, excluded[Int(next)] < start { next += 1 }
        while next < end, excluded[Int(next)] < start + size {
            bits &= ~(UInt32(1) << UInt32(excluded[Int(next)] - Int32(start)))
            next += 1
        }
        return bits
    }

    /// A bit for each row of the panel whose products are all below `target`.
    @inline(__always)
    static func bitsBelow(_ target: Float, _ products: UnsafePointer<Float>, _ interestCount: Int) -> UInt32 {
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
    static func offer(
        _ products: UnsafeMutablePointer<Float>, _ interestCount: Int, _ start: Int, _ takingPart: UInt32,
        to best: BestRows, user: Int
    ) {
        let below = mergeInterests(products, interestCount, threshold: best.threshold(user))
        var bits = takingPart & ~below
        while bits != 0 {
            let row = bits.trailingZeroBitCount
            best.offer(Int32(start + row), score: products[row], user: user)
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
