import Differentiation
import Interactions
import KernelCore
import MPI
import Recommenders

/// Ranks the true items of dev or test among their candidates, on all ranks together.
///
///     position = 1 + number of other candidates whose score is not below the true item's
///
/// Ties count against the model, and so does a score that is not a number. Every rank scores the rows of its own
/// logical shards, in batches that end with a shard: what is computed does not depend on the number of ranks.
public final class Evaluator {
    public let split: Split
    public let ranking: RankingProtocol
    private let rows: [EvaluationRows]
    private let itemCount: Int
    private let seed: UInt64
    private let batch = PackedBatch()
    private var seen: [Int32] = []

    /// Rows that are scored at once.
    static let batchSize = 256

    /// - Parameters:
    ///   - store: the users of this rank's shards.
    ///   - historyMax: newest items that a history keeps.
    ///   - seed: of the training, for models with something random in scoring.
    public init(
        store: SequenceStore, kind: SampleKind, split: Split, historyMax: Int, ranking: RankingProtocol, seed: UInt64
    ) {
        self.split = split
        self.ranking = ranking
        itemCount = store.itemCount
        self.seed = seed
        rows = store.shards.map {
            EvaluationRows(store: store, kind: kind, shard: $0, split: split, historyMax: historyMax)
        }
    }

    /// This rank's rows that are left out because there is no history to rank by.
    public var rowsWithoutHistory: Int { rows.reduce(0) { $0 + $1.countWithoutHistory } }

    /// Positions of the true items of this rank's rows, in the order of shards and rows.
    public func positions(of model: some Recommender, on tape: Tape) -> [Int32] {
        var positions: [Int32] = []
        positions.reserveCapacity(rows.reduce(0) { $0 + $1.count })
        for rows in rows {
            for start in stride(from: 0, to: rows.count, by: Self.batchSize) {
                let range = start..<min(start + Self.batchSize, rows.count)
                rows.fill(batch, range)
                tape.begin(.scoring(seed: seed))
                let queries = model.queries(of: batch, on: tape)
                let table = tape.parameters(model.items.table)
                switch ranking {
                case .sampled: appendSampled(queries, table, on: tape, to: &positions)
                case .full: appendFull(queries, table, rows, range, on: tape, to: &positions)
                }
            }
        }
        return positions
    }

    /// The metrics over the rows of all ranks, at rank 0; nil elsewhere. Collective.
    public func metrics(
        of model: some Recommender, on tape: Tape, topK: [Int], world: Communicator
    ) throws(MPIError) -> RankingMetrics? {
        try Self.metrics(ofPositions: positions(of: model, on: tape), topK: topK, world: world)
    }

    /// The metrics over the positions of all ranks, at rank 0; nil elsewhere. Collective.
    static func metrics(
        ofPositions own: [Int32], topK: [Int], world: Communicator
    ) throws(MPIError) -> RankingMetrics? {
        guard let all = try world.gather(own, at: 0) else { return nil }
        return RankingMetrics(positions: all.joined(), topK: topK)
    }

    private func appendSampled(
        _ queries: Interests, _ table: UnsafePointer<Float>, on tape: Tape, to positions: inout [Int32]
    ) {
        let perUser = batch.candidatesPerSample
        let scores = tape.arena.allocate(Float.self, count: batch.count * perUser)
        Kernel.bestScores(
            interests: queries.vectors.value, interestCount: queries.perUser, table: table,
            candidates: batch.candidates, count: batch.count, perUser: perUser, columns: queries.vectors.columns,
            into: scores)
        for row in 0..<batch.count {
            positions.append(1 + Kernel.countNotBelow(scores[row * perUser], scores + (row * perUser + 1), perUser - 1))
        }
    }

    private func appendFull(
        _ queries: Interests, _ table: UnsafePointer<Float>, _ rows: EvaluationRows, _ range: Range<Int>,
        on tape: Tape, to positions: inout [Int32]
    ) {
        let columns = queries.vectors.columns
        let truths = tape.arena.allocate(Float.self, count: batch.count)
        let counts = tape.arena.allocateZeroed(Int32.self, count: batch.count)
        for row in 0..<batch.count {
            Kernel.bestScores(
                interests: queries.vectors.value + row * queries.perUser * columns, interestCount: queries.perUser,
                table: table, candidates: batch.candidates + row * batch.candidatesPerSample, count: 1, perUser: 1,
                columns: columns, into: truths + row)
        }
        Kernel.countRowsNotBelow(
            truths, interests: queries.vectors.value, interestCount: queries.perUser, table: table,
            rows: 1..<itemCount + 1, count: batch.count, columns: columns, into: counts)
        for (row, index) in range.enumerated() {
            rows.seenItems(index, into: &seen)
            let truth = batch.candidates[row * batch.candidatesPerSample]
            if !seen.contains(truth) { seen.append(truth) }
            let scores = tape.arena.allocate(Float.self, count: seen.count)
            Kernel.bestScores(
                interests: queries.vectors.value + row * queries.perUser * columns, interestCount: queries.perUser,
                table: table, candidates: seen, count: 1, perUser: seen.count, columns: columns, into: scores)
            positions.append(1 + counts[row] - Kernel.countNotBelow(truths[row], scores, seen.count))
        }
    }
}
