import Interactions
import KernelCore
import Recommenders

/// Which items the true items of a batch are not compared with by their scores: the true item itself, and what the
/// users have had before. Keeps its memory from batch to batch.
struct FullCandidates {
    /// `[users + 1]` into ``excluded``.
    private var offsets: [Int32] = [0]
    /// The items of each user that take no part in the comparison, ascending.
    private var excluded: [Int32] = []
    /// `[users + 1]` into ``zeros``.
    private var zeroOffsets: [Int32] = [0]
    /// The items of each user that have the score 0, ascending.
    private var zeros: [Int32] = []
    /// `[users + 1]` into ``near`` and ``nearScores``.
    private var nearOffsets: [Int32] = [0]
    /// The items of each user whose scores have an addition, without those that take no part, ascending.
    private var near: [Int32] = []
    /// What is added.
    private var nearScores: [Float] = []
    private var items: [Int32] = []

    /// Forgets all users.
    mutating func begin() {
        offsets.removeAll(keepingCapacity: true)
        excluded.removeAll(keepingCapacity: true)
        zeroOffsets.removeAll(keepingCapacity: true)
        zeros.removeAll(keepingCapacity: true)
        nearOffsets.removeAll(keepingCapacity: true)
        near.removeAll(keepingCapacity: true)
        nearScores.removeAll(keepingCapacity: true)
        offsets.append(0)
        zeroOffsets.append(0)
        nearOffsets.append(0)
    }

    /// Adds a user for whom the items of the whole history are no candidates.
    ///
    /// - Parameter neighbours: has looked at the history.
    mutating func addUser(
        _ target: Int32, seen rows: EvaluationRows, _ index: Int, _ neighbours: NeighbourScores? = nil
    ) {
        rows.seenItems(index, into: &items)
        finishUser(target, neighbours)
    }

    /// Adds a user for whom the items of the history score 0.
    ///
    /// - Parameter neighbours: has looked at the history.
    mutating func addUser(
        _ target: Int32, history: UnsafeBufferPointer<Int32>, _ neighbours: NeighbourScores? = nil
    ) {
        items.removeAll(keepingCapacity: true)
        items.append(contentsOf: history)
        items.sort()
        var kept = 0
        for item in items where kept == 0 || items[kept - 1] != item {
            items[kept] = item
            kept += 1
        }
        items.removeLast(items.count - kept)
        zeros.append(contentsOf: items)
        finishUser(target, neighbours)
    }

    /// Takes over ``items``, the true item, and the items whose scores have an addition.
    private mutating func finishUser(_ target: Int32, _ neighbours: NeighbourScores?) {
        let offset = items.firstIndex { $0 >= target } ?? items.count
        if offset == items.count || items[offset] != target { items.insert(target, at: offset) }
        if let neighbours {
            var next = 0
            for item in neighbours.items {
                while next < items.count, items[next] < item {
                    excluded.append(items[next])
                    next += 1
                }
                guard next == items.count || items[next] != item else { continue }
                excluded.append(item)
                near.append(item)
                nearScores.append(neighbours.score(of: item))
            }
            excluded.append(contentsOf: items[next...])
        } else {
            excluded.append(contentsOf: items)
        }
        offsets.append(Int32(excluded.count))
        zeroOffsets.append(Int32(zeros.count))
        nearOffsets.append(Int32(near.count))
    }

    /// Calls `body` with each item of a user whose score has an addition, and with that.
    func forEachNearItem(ofUser user: Int, _ body: (_ item: Int32, _ addition: Float) -> Void) {
        for index in Int(nearOffsets[user])..<Int(nearOffsets[user + 1]) { body(near[index], nearScores[index]) }
    }

    /// The items that score 0 for a user, ascending.
    func zeroItems(ofUser user: Int) -> ArraySlice<Int32> {
        zeros[Int(zeroOffsets[user])..<Int(zeroOffsets[user + 1])]
    }

    /// Whether an item scores 0 for a user.
    func scoresZero(_ item: Int32, user: Int) -> Bool { zeroItems(ofUser: user).contains(item) }

    /// The items of all users that take no part in the comparison of scores, ascending for each user.
    func withExcluded(_ body: (UnsafePointer<Int32>, JaggedOffsets) -> Void) {
        excluded.withUnsafeBufferPointer { items in
            offsets.withUnsafeBufferPointer { offsets in
                guard let items = items.baseAddress, let start = offsets.baseAddress else { return }
                body(items, JaggedOffsets(offsets: start, count: offsets.count - 1))
            }
        }
    }
}
