import Differentiation
import Interactions
import KernelCore
import Recommenders
import Reporting

/// A user who is asked about, with ids as they stand in the data.
public struct UserQuery: Sendable, Equatable {
    /// nil: nobody known, such as a visitor. Models that know users by their ids need one of theirs; MIND and BaM-MIND
    /// begin their routing with numbers drawn for the user.
    public var user: String?
    /// The items that the user had, the oldest first.
    public var history: [String]
    /// The times of the items, which never fall; nil: 0, 1, 2...
    public var times: [Int64]?

    /// - Parameters:
    ///   - user: the id; nil: nobody known.
    ///   - history: ids of items, the oldest first. Those that the model does not know are left out.
    ///   - times: one for each item, never falling; nil: 0, 1, 2...
    public init(user: String? = nil, history: [String], times: [Int64]? = nil) {
        self.user = user
        self.history = history
        self.times = times
    }
}

/// What was found for a ``UserQuery``.
public struct QueryAnswer: Sendable, Equatable {
    /// An item that was found.
    public struct Item: Sendable, Equatable {
        /// The id as it stands in the data.
        public let id: String
        /// The largest inner product with an interest of the user.
        public let score: Float
        /// The interest that found it, from 0.
        public let interest: Int
    }

    /// The best one first.
    public let items: [Item]
    /// Items of the history that the model does not know, which were left out.
    public let unknown: Int
}

/// Why there is no answer to a query, in a sentence for the one who asked.
public struct QueryError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The sentence.
    public let description: String

    init(_ description: String) { self.description = description }
}

/// A query by numbers.
struct NumberedQuery {
    /// The number of the user; keys random numbers where the model knows no users.
    var user: Int32
    /// The whole history, without unknown items.
    var history: [Int32]
    var times: [Int64]
    var unknown: Int

    /// - Throws: where the model has nothing for such a user.
    init(_ query: UserQuery, for stored: StoredModel) throws(QueryError) {
        history = []
        times = []
        unknown = 0
        if let given = query.times {
            guard given.count == query.history.count else {
                throw QueryError("\(given.count) times for \(query.history.count) items: give one for each item")
            }
            guard zip(given, given.dropFirst()).allSatisfy(<=) else {
                throw QueryError("the times fall: list the history with the oldest item first")
            }
        }
        for (index, id) in query.history.enumerated() {
            guard let item = stored.itemIds.number(ofText: id) else {
                unknown += 1
                continue
            }
            history.append(item)
            times.append(query.times?[index] ?? Int64(times.count))
        }
        if let users = stored.known.users {
            guard let id = query.user else {
                throw QueryError("no user is named, and \(stored.entry.name) knows users by their ids")
            }
            guard let number = users.number(ofText: id) else {
                throw QueryError("the user is unknown to \(stored.entry.name), which knows users by their ids")
            }
            user = number
        } else {
            user = query.user.map { stored.drawingNumber(ofUser: $0) } ?? 1
        }
        guard !stored.needsHistory || !history.isEmpty else {
            throw QueryError(
                unknown == 0
                    ? "the history is empty, and \(stored.entry.name) knows users by their histories"
                    : "the model knows no item of the history, which has \(NumberText.grouped(unknown))")
        }
    }
}

extension StoredModel {
    /// The number that names what is random for a user whom the model does not know by an id: the id itself where it is
    /// a small whole number, as in data sets whose ids have no holes.
    func drawingNumber(ofUser id: String) -> Int32 {
        if let number = Int32(id), number > 0 { return number }
        return Int32(bitPattern: Checksum.of(Array(id.utf8)) >> 1)
    }
}

extension ItemSearch {
    /// The best items for a user.
    ///
    /// - Throws: ``QueryError`` where the model has nothing for such a user, or a mistake of the model.
    public func items(for query: UserQuery) throws -> QueryAnswer {
        let numbered = try NumberedQuery(query, for: model.stored)
        let found = try items(for: [numbered])
        let items = found[0].map { index in
            QueryAnswer.Item(
                id: model.stored.itemIds.text(of: found.items[index]), score: found.scores[index],
                interest: Int(found.interests[index]))
        }
        return QueryAnswer(items: items, unknown: numbered.unknown)
    }

    /// The best items for each of several users.
    func items(for queries: [NumberedQuery]) throws(ModelError) -> FoundItems {
        guard !queries.isEmpty else { return FoundItems() }
        let batch = queryBatch
        batch.fill(queries, historyMax: model.historyMax)
        return try items(for: batch) { queries[$0].history[...] }
    }
}

extension TrainedModel {
    /// The interests of a user, K vectors `[d]`. A user with fewer than K has the first one again in place of those
    /// that are missing.
    ///
    /// - Throws: ``QueryError`` where the model has nothing for such a user, or a mistake of the model.
    public func interests(of query: UserQuery) throws -> [[Float]] {
        let batch = PackedBatch()
        batch.fill([try NumberedQuery(query, for: stored)], historyMax: historyMax)
        let interests = try interests(of: batch)
        return (0..<interests.perUser).map { interest in
            Array(UnsafeBufferPointer(start: interests.vectors.value + interest * dimension, count: dimension))
        }
    }
}

extension PackedBatch {
    /// Fills the batch with the newest items of each query.
    func fill(_ queries: [NumberedQuery], historyMax: Int) {
        reset(candidatesPerTarget: 1)
        for query in queries {
            let newest = max(0, query.history.count - historyMax)...
            query.history[newest].withUnsafeBufferPointer { items in
                query.times[newest].withUnsafeBufferPointer { times in
                    let candidate = append(
                        user: query.user, name: 0, smallestTimeGap: UserHistories.smallestGap(query.times[...]),
                        items: items, times: times)
                    candidate[0] = 0
                }
            }
        }
    }
}
