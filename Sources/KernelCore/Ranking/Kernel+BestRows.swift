extension Kernel {
    /// Offers a selection the rows of a table that score best with each user's interests, by the scores of
    /// ``rowScore(_:interests:)``, bit for bit.
    ///
    /// The users pass by one panel of rows after another, and a row is offered only if its score is not below those that
    /// are kept. A panel whose rows are too short for that (`<a, b> <= |a| |b|`) is passed over: where the longest rows
    /// come first, most of a table can be.
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
        withNorms(of: interests, groups, users: users.count) { norms in
            withUnsafeTemporaryAllocation(byteCount: 4 * width * height * interestCount, alignment: 64) {
                let products = $0.baseAddress!.assumingMemoryBound(to: Float.self)
                withUnsafeTemporaryAllocation(of: Int32.self, capacity: users.count) {
                    let nextExcluded = $0.baseAddress!
                    for user in 0..<users.count { nextExcluded[user] = users.offsets[user] }
                    for start in stride(from: 0, to: table.count, by: width) {
                        let size = min(width, table.count - start)
                        let panel = table.panels + start * columns
                        let norm = table.largestNorms[start / width] * RankingPanel.excess(columns: columns)
                        for first in stride(from: 0, to: users.count, by: height) {
                            let end = min(first + height, users.count)
                            // What is no number is never larger.
                            guard !(first..<end).allSatisfy({ selection.thresholds[$0] > norms[$0] * norm }) else {
                                continue
                            }
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

    /// Calls `body` with the length of each user's longest interest.
    private static func withNorms(
        of interests: MatrixView, _ groups: InterestGroups, users: Int, _ body: (UnsafePointer<Float>) -> Void
    ) {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: max(users, 1)) {
            let norms = $0.baseAddress!
            for user in 0..<users {
                var longest: Float = 0
                for interest in user * groups.perUser..<(user + 1) * groups.perUser {
                    let norm = RankingPanel.norm(interests.row(interest), columns: interests.columns)
                    longest = norm.isNaN ? .infinity : max(longest, norm)
                }
                norms[user] = longest
            }
            body(norms)
        }
    }
}
