import Interactions
import MPI

/// What should be known of the rows of a split before their metrics are compared with others.
public struct EvaluationCensus: Sendable, Equatable {
    /// Dev or test.
    public let split: Split
    /// Rows that are ranked.
    public let rows: Int
    /// Rows that are left out because they have no history to rank by.
    public let rowsWithoutHistory: Int
    /// The most candidates that a row has, its true item among them.
    public let candidates: Int
    /// Rows that list their true item among their negatives.
    public let rowsWithTrueItemAmongNegatives: Int
    /// The first of them in the file, from 1, without the header; nil where there is none.
    public let firstRowWithTrueItemAmongNegatives: Int?
    /// Rows that list a negative more than once.
    public let rowsWithRepeatedNegatives: Int

    /// Counts over all ranks; all of them get the result. Collective.
    ///
    /// - Parameters:
    ///   - store: the users of this rank's shards.
    ///   - ranking: negatives are looked at with ``RankingProtocol/sampled`` alone.
    public init(
        store: SequenceStore, kind: SampleKind, split: Split, ranking: RankingProtocol, world: Communicator
    ) throws(MPIError) {
        let rows = store.shards.map {
            EvaluationRows(store: store, kind: kind, shard: $0, split: split, historyMax: 1)
        }
        var negatives = NegativeCensus(itemCount: store.itemCount)
        if ranking == .sampled { for rows in rows { negatives.add(rows) } }
        func sum(_ value: Int) throws(MPIError) -> Int { try world.allReduce(value, .sum) }
        self.split = split
        self.rows = try sum(rows.reduce(0) { $0 + $1.count })
        rowsWithoutHistory = try sum(rows.reduce(0) { $0 + $1.countWithoutHistory })
        candidates = ranking == .sampled ? 1 + (store.negativesPerRow ?? 0) : store.itemCount
        rowsWithTrueItemAmongNegatives = try sum(negatives.rowsWithTrueItem)
        rowsWithRepeatedNegatives = try sum(negatives.rowsWithRepeats)
        let first = try world.allReduce(negatives.firstRowWithTrueItem ?? .max, .minimum)
        firstRowWithTrueItemAmongNegatives = first == .max ? nil : first + 1
    }
}
