/// The items that were found for several users, the best one first.
struct FoundItems {
    /// `[users + 1]`: those of user u are `offsets[u]..<offsets[u + 1]` of the following columns.
    private(set) var offsets = [0]
    /// Numbers.
    private(set) var items: [Int32] = []
    /// The largest inner product with an interest of the user.
    private(set) var scores: [Float] = []
    /// The interest whose inner product that is, from 0; the first one on ties.
    private(set) var interests: [Int32] = []

    /// Forgets all users.
    mutating func removeAll() {
        offsets.removeAll(keepingCapacity: true)
        offsets.append(0)
        items.removeAll(keepingCapacity: true)
        scores.removeAll(keepingCapacity: true)
        interests.removeAll(keepingCapacity: true)
    }

    @inline(__always)
    mutating func append(_ item: Int32, score: Float, interest: Int) {
        items.append(item)
        scores.append(score)
        interests.append(Int32(truncatingIfNeeded: interest))
    }

    mutating func finishUser() { offsets.append(items.count) }

    /// Users.
    var count: Int { offsets.count - 1 }

    /// Where the items of a user are.
    subscript(user: Int) -> Range<Int> { offsets[user]..<offsets[user + 1] }
}
