/// Gathering and scattering of table rows, and scores of candidates.
extension Kernel {
    /// Rows between the one that is read and the one that is asked for: they lie anywhere in a table.
    package static let rowsAhead = 8

    /// `y_i = table[rows_i]`.
    ///
    /// - Parameters:
    ///   - table: `[*, columns]`, `rows`: `[count]`, `y`: `[count, columns]`.
    public static func gather(
        _ table: UnsafePointer<Float>, rows: UnsafePointer<Int32>, count: Int, columns: Int,
        into y: UnsafeMutablePointer<Float>
    ) {
        for index in 0..<count {
            if index + rowsAhead < count { prefetch(table + Int(rows[index + rowsAhead]) * columns, count: columns) }
            let (row, copy) = (table + Int(rows[index]) * columns, y + index * columns)
            forEachVector(columns) { column, lanes in store(load(row, column, lanes), copy, column, lanes) }
        }
    }

    /// `dtable[rows_i] += dy_i`, in the order of the list.
    public static func scatterAdd(
        dy: MatrixView, rows: UnsafePointer<Int32>, into dtable: UnsafeMutablePointer<Float>
    ) {
        let columns = dy.columns
        for index in 0..<dy.rows {
            accumulate(dy.row(index), into: dtable + Int(rows[index]) * columns, count: columns)
        }
    }

    /// `scores[b, c] = <users_b, table[candidates_bc]>`.
    ///
    /// - Parameters:
    ///   - users: `[users, d]`, `candidates`: `[users, perUser]`, `scores`: `[users, perUser]`.
    public static func scores(
        users: MatrixView, table: UnsafePointer<Float>, candidates: UnsafePointer<Int32>, perUser: Int,
        into scores: UnsafeMutablePointer<Float>
    ) {
        let columns = users.columns
        for user in 0..<users.rows {
            for candidate in user * perUser..<(user + 1) * perUser {
                if candidate + rowsAhead < users.rows * perUser {
                    prefetch(table + Int(candidates[candidate + rowsAhead]) * columns, count: columns)
                }
                scores[candidate] = SmallProducts.dot(
                    users.row(user), table + Int(candidates[candidate]) * columns, columns)
            }
        }
    }

    /// The largest inner product of each candidate with a user's interests:
    /// `scores[b, c] = max_k <interests_bk, table[candidates_bc]>`, not a number where one of the products is none.
    ///
    /// - Parameters:
    ///   - interests: `[users * K, d]`, all of which take part; `candidates` and `scores`: `[users, perUser]`.
    public static func bestScores(
        _ interests: MatrixView, _ groups: InterestGroups, table: UnsafePointer<Float>,
        candidates: UnsafePointer<Int32>, perUser: Int, into scores: UnsafeMutablePointer<Float>
    ) {
        let (columns, interestCount) = (interests.columns, groups.perUser)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: interestCount) { buffer in
            let products = buffer.baseAddress!
            for user in 0..<groups.users(rows: interests.rows) {
                let own = StridedRows(interests.row(user * interestCount), stride: columns, count: interestCount)
                for candidate in user * perUser..<(user + 1) * perUser {
                    SmallProducts.inner(
                        StridedRows(table + Int(candidates[candidate]) * columns, stride: columns, count: 1), own,
                        width: columns, into: StridedResult(products, stride: interestCount))
                    var best = products[0]
                    for interest in 1..<max(interestCount, 1) where !(products[interest] <= best || best.isNaN) {
                        best = products[interest]
                    }
                    scores[candidate] = best
                }
            }
        }
    }
}
