extension Kernel {
    /// Offers a selection the rows of a table that score best with each user's interests, by the scores of
    /// ``rowScore(_:interests:)``, bit for bit.
    ///
    /// The users pass by one panel of rows after another, and a row is offered only if its score is not below those that
    /// are kept.
    ///
    /// - Parameters:
    ///   - interests: `[users * K, d]`, with at least one interest, all of which take part.
    ///   - excluded: for each user the rows of `table` that do not take part, strictly ascending.
    ///   - users: where the excluded rows of each user are.
    ///   - selection: for as many users; its rows are those of `table`.
    public static func bestRows(
        interests: MatrixView, _ groups: InterestGroups, in table: RankingTable,
        excluding excluded: UnsafePointer<Int32>, at users: JaggedOffsets, into selection: RowSelection
    ) {
        let width = RankingPanel.width
        let height = RankingPanel.height
        let (columns, interestCount) = (table.columns, groups.perUser)
        withUnsafeTemporaryAllocation(byteCount: 4 * width * height * interestCount, alignment: 64) {
            let products = $0.baseAddress!.assumingMemoryBound(to: Float.self)
            withUnsafeTemporaryAllocation(of: Int32.self, capacity: users.count) {
                let nextExcluded = $0.baseAddress!
                for user in 0..<users.count { nextExcluded[user] = users.offsets[user] }
                for start in stride(from: 0, to: table.count, by: width) {
                    let size = min(width, table.count - start)
                    let panel = table.panels + start * columns
                    for first in stride(from: 0, to: users.count, by: height) {
                        let end = min(first + height, users.count)
                        RankingPanel.multiply(
                            interests.row(first * interestCount), rows: (end - first) * interestCount, panel,
                            columns: columns, into: products)
                        for user in first..<end {
                            let takingPart = rowsTakingPart(
                                start, size, excluded, &nextExcluded[user], until: users.offsets[user + 1])
                            let own = products + (user - first) * interestCount * width
                            let below = mergeInterests(own, interestCount, threshold: selection.thresholds[user])
                            selection.offer(start, own, where: takingPart & ~below, user: user)
                        }
                    }
                }
            }
        }
    }
}
