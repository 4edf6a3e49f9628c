/// Which items stand near each other in the sequences of train, and how near:
///
///     n(h, i) = (f(h, i) + b f(i, h)) / sqrt((c_h + 5) (c_i + 5))
///
/// `f(h, i)` counts the places where i comes after h, at most so many interactions later as the ``Rule`` says; `c` are the
/// train interactions of an item. A rule from an item to one that follows it counts for more than the way back (sequential rules
/// and association rules, Ludewig and Jannach 2018), and 5 keeps pairs of rare items from being the nearest of all.
///
/// Of the neighbours of an item the ``mostPerItem`` nearest are kept.
public struct ItemNeighbours: Sendable, Equatable {
    /// The neighbours of an item at most.
    public static let mostPerItem = 128

    /// Which pairs count, and what for. The defaults were chosen on dev of amazon-sports.
    public struct Rule: Sendable, Equatable {
        /// How many interactions later a neighbour stands at most, at least 1.
        public var distance = 50
        /// b, from 0: what an item counts for that comes before, beside one that comes after.
        public var backward: Float = 0.4

        /// The defaults.
        public init() {}
    }

    private static let shrinkage: Float = 5

    /// `[itemCount + 2]`: the neighbours of item i are at `offsets[i]..<offsets[i + 1]`.
    public let offsets: [Int]
    /// The neighbours of every item, ascending, one item after the other.
    public let items: [Int32]
    /// `n(h, i)` of each neighbour, above 0.
    public let weights: [Float]

    /// - Parameters:
    ///   - sequences: the train items of each user, the oldest first, one user after the other.
    ///   - ends: where the sequence of each user ends.
    ///   - rule: which pairs count, and what for.
    /// - Complexity: `O(interactions * distance)`, and memory for ``mostPerItem`` neighbours of each item.
    public init(sequences: [Int32], ends: [Int], itemCount: Int, _ rule: Rule = Rule()) {
        precondition(rule.distance >= 1, "neighbours are at least one interaction apart")
        var counts = [Int32](repeating: 0, count: itemCount + 1)
        for item in sequences { counts[Int(item)] += 1 }
        let roots = counts.map { (Float($0) + Self.shrinkage).squareRoot() }
        let occurrences = Occurrences(sequences, ends: ends, counts: counts)
        var offsets = [0, 0]
        offsets.reserveCapacity(itemCount + 2)
        var items: [Int32] = []
        var weights: [Float] = []
        var near = NearItems(itemCount: itemCount)
        for item in 1..<Int32(max(itemCount, 0) + 1) {
            near.count(around: item, occurrences, in: sequences, distance: rule.distance)
            var found = near.items.map { other in
                let together = Float(near.after[Int(other)]) + rule.backward * Float(near.before[Int(other)])
                return (item: other, weight: together / (roots[Int(item)] * roots[Int(other)]))
            }
            found.removeAll { $0.weight == 0 }
            if found.count > Self.mostPerItem {
                found.sort { ($1.weight, $0.item) < ($0.weight, $1.item) }
                found.removeLast(found.count - Self.mostPerItem)
            }
            found.sort { $0.item < $1.item }
            items += found.map(\.item)
            weights += found.map(\.weight)
            offsets.append(items.count)
            near.forget()
        }
        self.offsets = offsets
        self.items = items
        self.weights = weights
    }

    /// The neighbours in the train interactions of a data set.
    public init(_ dataset: InteractionDataset, _ rule: Rule = Rule()) {
        let sequences = TimeOrderedSequences(dataset, users: Array(1..<Int32(dataset.userCount + 1)))
        var items: [Int32] = []
        items.reserveCapacity(dataset.train.items.count)
        var ends: [Int] = []
        for user in 0..<dataset.userCount {
            for slot in sequences.offsets[user]..<sequences.offsets[user + 1]
            where sequences.splits[slot] == Split.train.rawValue {
                items.append(sequences.items[slot])
            }
            ends.append(items.count)
        }
        self.init(sequences: items, ends: ends, itemCount: dataset.itemCount, rule)
    }

    /// Bytes that the neighbours take, the counting of them included.
    public static func largestByteCount(itemCount: Int, interactions: Int, _ rule: Rule) -> Int {
        let entry = MemoryLayout<Int32>.stride + MemoryLayout<Float>.stride
        let kept = min(itemCount * mostPerItem, 2 * interactions * min(rule.distance, mostPerItem))
        // Arrays that grow are copied into larger ones; places and sequences of interactions, counts of items.
        return 2 * kept * entry + interactions * 16 + itemCount * 24
    }

    /// The items are numbered 1...itemCount.
    public var itemCount: Int { offsets.count - 2 }
}

/// Where each item stands in the sequences.
private struct Occurrences {
    private let ends: [Int]
    /// `[itemCount + 2]`
    private var offsets: [Int]
    /// Of each place, by item: the index, and the number of the sequence.
    private var indices: [Int]
    private var sequences: [Int32]

    init(_ items: [Int32], ends: [Int], counts: [Int32]) {
        self.ends = ends
        offsets = [0]
        for count in counts { offsets.append(offsets[offsets.count - 1] + Int(count)) }
        indices = [Int](repeating: 0, count: items.count)
        sequences = [Int32](repeating: 0, count: items.count)
        var next = offsets
        var start = 0
        for (sequence, end) in ends.enumerated() {
            for index in start..<end {
                let item = Int(items[index])
                indices[next[item]] = index
                sequences[next[item]] = Int32(sequence)
                next[item] += 1
            }
            start = end
        }
    }

    /// Calls `body` with each place of an item, and its sequence.
    func forEachPlace(of item: Int32, _ body: (_ index: Int, _ sequence: Range<Int>) -> Void) {
        for place in offsets[Int(item)]..<offsets[Int(item) + 1] {
            let sequence = Int(sequences[place])
            body(indices[place], (sequence == 0 ? 0 : ends[sequence - 1])..<ends[sequence])
        }
    }
}

/// Counts of the items around another one; keeps its memory from item to item.
private struct NearItems {
    /// `[itemCount + 1]`: how often each comes after, and before.
    private(set) var after: [Int32]
    private(set) var before: [Int32]
    /// Those with a count.
    private(set) var items: [Int32] = []

    init(itemCount: Int) {
        after = [Int32](repeating: 0, count: itemCount + 1)
        before = after
    }

    mutating func count(around item: Int32, _ occurrences: Occurrences, in sequences: [Int32], distance: Int) {
        occurrences.forEachPlace(of: item) { place, sequence in
            let first = max(place - distance, sequence.lowerBound)
            for index in first..<min(place + distance + 1, sequence.upperBound) {
                let other = sequences[index]
                guard other != item else { continue }
                if after[Int(other)] == 0 && before[Int(other)] == 0 { items.append(other) }
                if index > place { after[Int(other)] += 1 } else { before[Int(other)] += 1 }
            }
        }
    }

    mutating func forget() {
        for item in items {
            after[Int(item)] = 0
            before[Int(item)] = 0
        }
        items.removeAll(keepingCapacity: true)
    }
}
