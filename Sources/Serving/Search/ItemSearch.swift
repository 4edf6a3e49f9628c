import Differentiation
import Interactions
import KernelCore
import Recommenders
import Reporting

/// Finds the items with the best scores for users.
///
///     score(u, i) = max over k of <v_k, e_i>,       v_1 ... v_K: the interests of u
///
/// and what ``Recommenders/NeighbourScores`` add, where the ranking of the run has them.
///
/// Every interest asks for its best items, and of an item that several find the largest score counts: the K answers are
/// merged by the maximum. Of equal scores the item with the smaller number is better, so that the answer is determined.
/// The padding is no item. The score of an item has the same bits whatever else is found beside it.
public final class ItemSearch {
    /// What describes users and items by vectors.
    public let model: TrainedModel
    /// Which items are found for a user, and how many.
    public let options: SearchOptions
    /// Items that can be found at all.
    public let candidateCount: Int
    private let table: RankingTable
    /// The item of each row of the packed table. The items with the longest vectors come first, since a score is at most
    /// the product of both lengths: a search need not look at what is too short.
    private let itemsOfRows: UnsafeMutableBufferPointer<Int32>
    /// `[itemCount + 1]`: the row of each item there, -1 for one that cannot be found.
    private let rowsOfItems: [Int32]
    private var diversity: DiverseSelection?
    let queryBatch = PackedBatch()
    private var found = FoundItems()
    /// `[users * repeats + 1]` into ``excluded``.
    private var offsets: [Int32] = []
    private var excluded: [Int32] = []
    /// `[users + 1]` into the following two.
    private var nearOffsets: [Int] = []
    /// The items of each user whose scores have an addition, and which can be found.
    private var nearItems: [Int32] = []
    /// What is added.
    private var additions: [Float] = []
    private var rows: [Int32] = []

    /// - Throws: where no item can be found.
    public init(_ model: TrainedModel, _ options: SearchOptions = SearchOptions()) throws(ServingError) {
        precondition(options.top >= 1, "at least one item is asked for")
        self.model = model
        self.options = options
        var isCandidate = [Bool](repeating: options.allowed == nil, count: model.itemCount + 1)
        for item in options.allowed ?? [] { isCandidate[Int(item)] = true }
        for item in options.banned { isCandidate[Int(item)] = false }
        isCandidate[0] = false
        let items = Self.longestFirst((1..<Int32(model.itemCount + 1)).filter { isCandidate[Int($0)] }, model)
        var rowsOfItems = [Int32](repeating: -1, count: model.itemCount + 1)
        for (row, item) in items.enumerated() { rowsOfItems[Int(item)] = Int32(row) }
        guard !items.isEmpty else {
            throw ServingError(
                .data, "none of the \(model.itemCount) items may be recommended",
                recoverySuggestion: "allow more items with --allow, or ban fewer with --ban")
        }
        candidateCount = items.count
        self.rowsOfItems = rowsOfItems
        itemsOfRows = .allocate(capacity: items.count)
        _ = itemsOfRows.initialize(from: items)
        table = RankingTable(model.itemVectors, rows: items, columns: model.dimension)
        diversity = options.diversity.map { DiverseSelection($0) }
    }

    deinit { itemsOfRows.deallocate() }

    /// Items by the lengths of their vectors, the longest first; by their numbers where these are equal.
    private static func longestFirst(_ items: [Int32], _ model: TrainedModel) -> [Int32] {
        let size = model.dimension
        let lengths = items.map { item in
            let vector = model.itemVectors + Int(item) * size
            return (0..<size).reduce(Float(0)) { $0 + vector[$1] * vector[$1] }
        }
        return items.indices.sorted { (lengths[$1], $0) < (lengths[$0], $1) }.map { items[$0] }
    }

    /// Items of a user: as many as are asked for, if there are so many.
    public var top: Int { min(options.top, candidateCount) }

    /// The items for each user of a batch, whose histories are cut as the model wants them.
    ///
    /// - Parameter seen: the items of the whole history of a user of the batch, perhaps more than once.
    func items(for batch: PackedBatch, seen: (_ user: Int) -> ArraySlice<Int32>) throws(ModelError) -> FoundItems {
        try Kernel.flushingSubnormals { () throws(ModelError) in try find(for: batch, seen: seen) }
    }

    private func find(
        for batch: PackedBatch, seen: (_ user: Int) -> ArraySlice<Int32>
    ) throws(ModelError) -> FoundItems {
        let interests = try model.interests(of: batch)
        found.removeAll()
        // With diversity every interest is asked for its own best items.
        let repeats = diversity == nil ? 1 : interests.perUser
        exclude(seen, of: batch, repeats: repeats)
        let count = batch.count * repeats
        let selection = RowSelection(users: count, size: top, numbers: itemsOfRows.baseAddress, in: model.arena)
        excluded.append(0)
        excluded.withUnsafeBufferPointer { excluded in
            offsets.withUnsafeBufferPointer { offsets in
                Kernel.bestRows(
                    interests: interests.vectors.matrix, InterestGroups(perUser: interests.perUser / repeats),
                    in: table,
                    excluding: excluded.baseAddress.unsafelyUnwrapped,
                    at: JaggedOffsets(offsets: offsets.baseAddress.unsafelyUnwrapped, count: count), into: selection)
            }
        }
        for user in 0..<batch.count {
            let vectors = interests.ofUser(user)
            let near = nearOffsets[user]..<nearOffsets[user + 1]
            if diversity == nil {
                for index in near {
                    let score = score(of: nearItems[index], vectors).score + additions[index]
                    selection.offer(rowsOfItems[Int(nearItems[index])], score: score, user: user)
                }
                for rank in 0..<selection.finish(user) {
                    let item = selection.row(rank, ofUser: user)
                    let interest = options.namesInterests ? score(of: item, vectors).interest : 0
                    found.append(item, score: selection.score(rank, ofUser: user), interest: interest)
                }
            } else {
                diversify(selection, user, vectors, near: near)
            }
            found.finishUser()
        }
        return found
    }

    /// An item's score for a user with these interests, and the interest that finds it.
    private func score(of item: Int32, _ vectors: MatrixView) -> (score: Float, interest: Int) {
        let (score, interest) = Kernel.rowScore(
            model.itemVectors + Int(item) * model.dimension, interests: vectors)
        // Zero has no sign here, as in a selection.
        return (score + 0, interest)
    }

    /// Merges what the interests of a user have found, and chooses among it.
    ///
    /// - Parameter near: the items whose scores have an addition, which the interests were not asked for.
    private func diversify(_ selection: RowSelection, _ user: Int, _ vectors: MatrixView, near: Range<Int>) {
        var items: [Int32] = []
        for query in user * vectors.rows..<(user + 1) * vectors.rows {
            for rank in 0..<selection.finish(query) { items.append(selection.row(rank, ofUser: query)) }
        }
        items.sort()
        var candidates: [(item: Int32, score: Float)] = []
        for (index, item) in items.enumerated() where index == 0 || item != items[index - 1] {
            candidates.append((item, score(of: item, vectors).score))
        }
        for index in near {
            candidates.append((nearItems[index], score(of: nearItems[index], vectors).score + additions[index]))
        }
        candidates.sort { ($1.score, $0.item) < ($0.score, $1.item) }
        for index in diversity?.choose(top, of: candidates) ?? [] {
            let interest = score(of: candidates[index].item, vectors).interest
            found.append(candidates[index].item, score: candidates[index].score, interest: interest)
        }
    }

    /// Lists the rows of seen items, and of those whose scores have an addition, ascending, for each query.
    private func exclude(_ seen: (Int) -> ArraySlice<Int32>, of batch: PackedBatch, repeats: Int) {
        excluded.removeAll(keepingCapacity: true)
        offsets.removeAll(keepingCapacity: true)
        offsets.append(0)
        nearItems.removeAll(keepingCapacity: true)
        additions.removeAll(keepingCapacity: true)
        nearOffsets.removeAll(keepingCapacity: true)
        nearOffsets.append(0)
        for user in 0..<batch.count {
            rows.removeAll(keepingCapacity: true)
            let seen = options.includesSeen ? [] : seen(user)
            for item in seen where rowsOfItems[Int(item)] >= 0 { rows.append(rowsOfItems[Int(item)]) }
            if let neighbours = model.neighbours {
                neighbours.look(at: batch.history(user))
                let known = Set(seen)
                for item in neighbours.items where rowsOfItems[Int(item)] >= 0 && !known.contains(item) {
                    nearItems.append(item)
                    additions.append(neighbours.score(of: item))
                    rows.append(rowsOfItems[Int(item)])
                }
            }
            nearOffsets.append(nearItems.count)
            rows.sort()
            for _ in 0..<repeats {
                for (index, row) in rows.enumerated() where index == 0 || row != rows[index - 1] {
                    excluded.append(row)
                }
                offsets.append(Int32(excluded.count))
            }
        }
    }
}
