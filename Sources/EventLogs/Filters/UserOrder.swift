/// The rows of events by user, and those of a user in the order of time; of equal times the order of the file counts.
package struct UserOrder: Sendable {
    /// `[users + 2]`: the rows of user u are `rows[offsets[u]..<offsets[u + 1]]`.
    package let offsets: [Int]
    /// `[events]`: row numbers from 0, user by user, those of a user in the order of time.
    package let rows: [Int32]

    /// - Parameters:
    ///   - users: numbers from 1.
    ///   - times: of the same rows.
    /// - Complexity: linear for a log in the order of time, otherwise that of sorting the rows of each user.
    package init(users: [Int32], times: [Int64], userCount: Int) {
        var offsets = [Int](repeating: 0, count: userCount + 2)
        for user in users { offsets[Int(user) + 1] += 1 }
        for user in 1..<offsets.count { offsets[user] += offsets[user - 1] }
        var next = offsets
        rows = [Int32](unsafeUninitializedCapacity: users.count) { rows, count in
            count = users.count
            for row in 0..<users.count {
                let user = Int(users[row])
                rows[next[user]] = Int32(truncatingIfNeeded: row)
                next[user] += 1
            }
            times.withUnsafeBufferPointer { times in
                for user in 1..<offsets.count - 1 {
                    Self.sort(UnsafeMutableBufferPointer(rebasing: rows[offsets[user]..<offsets[user + 1]]), times)
                }
            }
        }
        self.offsets = offsets
    }

    private static func sort(_ rows: UnsafeMutableBufferPointer<Int32>, _ times: UnsafeBufferPointer<Int64>) {
        var isSorted = true
        for index in rows.indices.dropFirst() where times[Int(rows[index])] < times[Int(rows[index - 1])] {
            isSorted = false
            break
        }
        guard !isSorted else { return }
        var rows = rows
        rows.sort { one, other in
            let (a, b) = (times[Int(one)], times[Int(other)])
            return a == b ? one < other : a < b
        }
    }

    /// How many users there may be.
    package var userCount: Int { offsets.count - 2 }

    /// The rows of a user.
    package func rows(of user: Int) -> ArraySlice<Int32> { rows[offsets[user]..<offsets[user + 1]] }
}
