/// Gathering and scattering of table rows.
extension Kernel {
    /// `y_i = table[rows_i]`.
    ///
    /// - Parameters:
    ///   - table: `[*, columns]`, `rows`: `[count]`, `y`: `[count, columns]`.
    public static func gather(
        _ table: UnsafePointer<Float>, rows: UnsafePointer<Int32>, count: Int, columns: Int,
        into y: UnsafeMutablePointer<Float>
    ) {
        for index in 0..<count {
            (y + index * columns).update(from: table + Int(rows[index]) * columns, count: columns)
        }
    }

    /// `dtable[rows_i] += dy_i`, in the order of the list.
    public static func scatterAdd(
        dy: UnsafePointer<Float>, rows: UnsafePointer<Int32>, count: Int, columns: Int,
        into dtable: UnsafeMutablePointer<Float>
    ) {
        for index in 0..<count {
            accumulate(dy + index * columns, into: dtable + Int(rows[index]) * columns, count: columns)
        }
    }

    /// `scores[b, c] = <users_b, table[candidates_bc]>`.
    ///
    /// - Parameters:
    ///   - users: `[count, columns]`, `candidates`: `[count, perUser]`, `scores`: `[count, perUser]`.
    public static func scores(
        users: UnsafePointer<Float>, table: UnsafePointer<Float>, candidates: UnsafePointer<Int32>,
        count: Int, perUser: Int, columns: Int, into scores: UnsafeMutablePointer<Float>
    ) {
        for user in 0..<count {
            for candidate in user * perUser..<(user + 1) * perUser {
                scores[candidate] = SmallProducts.dot(
                    users + user * columns, table + Int(candidates[candidate]) * columns, columns)
            }
        }
    }

    /// The largest inner product of each candidate with a user's interests:
    /// `scores[b, c] = max_k <interests_bk, table[candidates_bc]>`, not a number where one of the products is none.
    ///
    /// - Parameters:
    ///   - interests: `[count, interestCount, columns]`, `candidates` and `scores`: `[count, perUser]`.
    public static func bestScores(
        interests: UnsafePointer<Float>, interestCount: Int, table: UnsafePointer<Float>,
        candidates: UnsafePointer<Int32>, count: Int, perUser: Int, columns: Int,
        into scores: UnsafeMutablePointer<Float>
    ) {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: interestCount) { buffer in
            let products = buffer.baseAddress!
            for user in 0..<count {
                let own = interests + user * interestCount * columns
                for candidate in user * perUser..<(user + 1) * perUser {
                    SmallProducts.inner(
                        table + Int(candidates[candidate]) * columns, columns, 1, own, columns, interestCount,
                        width: columns, scale: 1, into: products, interestCount)
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
