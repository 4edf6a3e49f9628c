import Differentiation
import Interactions
import KernelCore
import MPI
import Recommenders

/// Ranks the true items of dev or test among their candidates, on all ranks together.
///
///     position = 1 + number of other candidates whose score is not below the true item's
///
/// A stored negative that is the true item is no other candidate; one that is stored twice counts twice.
///
/// Ties count against the model, and so does a score that is not a number. Every rank scores the rows of its own
/// logical shards, in batches that end with a shard: what is computed does not depend on the number of ranks.
public final class Evaluator {
    /// Dev or test, whose rows are ranked.
    public let split: Split
    /// What the true items are ranked among.
    public let ranking: RankingProtocol
    /// What the items of the history count for, with the protocol `full`.
    public let historyScores: HistoryScores
    /// What is found beside hit ratio and gain.
    public let measures: Set<RankingMeasure>
    /// Whether ``RankingMetrics/interests`` is found although no measure asks for it, without the best items.
    public let comparesInterests: Bool
    /// What the score of an item is.
    public let score: ScoreRule
    /// What scores items instead, where scores are no products.
    let mixture: MixtureOfLogits?
    /// What is added to the scores; nil: nothing.
    let neighbours: NeighbourScores?
    let rows: [EvaluationRows]
    let itemCount: Int
    let seed: UInt64
    let batch = PackedBatch()
    var candidates = FullCandidates()

    /// Rows that are scored at once.
    static let batchSize = 256

    /// - Parameters:
    ///   - store: the users of this rank's shards.
    ///   - historyMax: newest items that a history keeps.
    ///   - historyScores: of the protocol `full`.
    ///   - measures: what is found beside hit ratio and gain; coverage needs the protocol `full`.
    ///   - comparesInterests: whether ``RankingMetrics/interests`` is found although no measure asks for it.
    ///   - score: what the score of an item is.
    ///   - mixture: the one that the objective has registered, for the score `mixture`.
    ///   - neighbours: what is added to the scores; nil: nothing. Not where rows are brought from other ranks.
    ///   - seed: of the training, for models with something random in scoring.
    public init(
        store: SequenceStore, kind: SampleKind, split: Split, historyMax: Int, ranking: RankingProtocol,
        historyScores: HistoryScores = .exclude, measures: Set<RankingMeasure> = [], comparesInterests: Bool = false,
        score: ScoreRule = .product, mixture: MixtureOfLogits? = nil, neighbours: NeighbourScores? = nil,
        seed: UInt64
    ) {
        precondition(ranking == .full || !measures.contains { $0.needsAllItems }, "coverage is of all items")
        self.split = split
        self.ranking = ranking
        self.historyScores = historyScores
        self.measures = measures
        self.comparesInterests = comparesInterests
        precondition((score == .mixture) == (mixture != nil), "a mixture has parameters")
        self.score = score
        self.mixture = mixture
        self.neighbours = neighbours
        itemCount = store.itemCount
        self.seed = seed
        rows = store.shards.map {
            EvaluationRows(store: store, kind: kind, shard: $0, split: split, historyMax: historyMax)
        }
    }

    /// This rank's rows that are left out because there is no history to rank by.
    public var rowsWithoutHistory: Int { rows.reduce(0) { $0 + $1.countWithoutHistory } }

    /// Positions of the true items of this rank's rows, in the order of shards and rows.
    ///
    /// - Throws: a mistake of the model.
    public func positions(of model: some Recommender, on tape: Tape) throws(ModelError) -> [Int32] {
        let accumulator = rankRows(by: model, on: tape, topK: [])
        if let error = tape.error { throw error }
        return accumulator.positions
    }

    /// The metrics over the rows of all ranks, at rank 0; nil elsewhere. Collective.
    ///
    /// - Parameters:
    ///   - source: brings the rows of tables here that this rank does not keep; nil: all rows are here.
    ///   - isAbandoned: asked after each batch of rows; where it is true on any rank, all throw
    ///     ``EvaluationAbandoned``.
    public func metrics(
        of model: some Recommender, on tape: Tape, topK: [Int], world: Communicator,
        rows source: (any RowSource)? = nil,
        isAbandoned: () -> Bool = { false }
    ) throws -> RankingMetrics? {
        var wasAbandoned = false
        if let source {
            let accumulator = try rankTogether(by: model, on: tape, rows: source, world: world, isAbandoned)
            return try accumulator.metrics(
                topK: topK, measures: measures, comparesInterests: comparesInterests, ranking: ranking, world: world)
        }
        let accumulator = rankRows(by: model, on: tape, topK: topK) {
            wasAbandoned = wasAbandoned || isAbandoned()
            return wasAbandoned
        }
        if let error = tape.error { throw error }
        guard try world.allReduce(wasAbandoned ? 1 : 0, .maximum) == 0 else { throw EvaluationAbandoned() }
        return try accumulator.metrics(
            topK: topK, measures: measures, comparesInterests: comparesInterests, ranking: ranking, world: world)
    }

    /// Ranks for all rows of this rank; for fewer after a mistake of the model, which is the tape's error then.
    ///
    /// - Parameters:
    ///   - topK: the cut-offs of the coverage.
    ///   - isAbandoned: asked after each batch of rows; true ends the search.
    package func rankRows(
        by model: some Recommender, on tape: Tape, topK: [Int], isAbandoned: () -> Bool = { false }
    ) -> RankingAccumulator {
        var accumulator = RankingAccumulator()
        accumulator.positions.reserveCapacity(rows.reduce(0) { $0 + $1.count })
        let coverageSize = measures.contains(.coverage) ? min(topK.max() ?? 0, itemCount) : 0
        if coverageSize > 0 { accumulator.bestPositions = [Int32](repeating: .max, count: itemCount + 1) }
        let bestSize = max(coverageSize, measures.contains(.interests) && ranking == .full ? 1 : 0)
        let items = model.items.table
        let vectors = score.itemVectors(
            MatrixView(tape.parameters(items), rows: items.rows, columns: items.columns))
        let mixedItems = mixture?.items(of: model.items, on: tape)
        for rows in rows {
            var pairs: Range<Int>?
            for start in stride(from: 0, to: rows.count, by: Self.batchSize) {
                let range = start..<min(start + Self.batchSize, rows.count)
                rows.fill(batch, range)
                tape.begin(.scoring(seed: seed), sampleCount: batch.count)
                guard let interests = model.checkedQueries(of: batch, on: tape) else { return accumulator }
                let queries = score.queries(interests, on: tape)
                func rank(by scores: BatchScores) {
                    switch ranking {
                    case .sampled: rankStored(scores, on: tape, into: &accumulator)
                    case .full: rankAll(scores, rows, range, bestSize: bestSize, on: tape, into: &accumulator)
                    }
                    let isSeveral = queries.perUser > 1
                    guard measures.contains(.interests) || comparesInterests && isSeveral else { return }
                    let own = pairs ?? (isSeveral ? accumulator.addPairs(interestCount: queries.perUser) : 0..<0)
                    pairs = own
                    compareInterests(
                        queries,
                        winner: { winner(of: batch.positives[$0], user: $0, scores, on: tape) }, own, &accumulator)
                }
                if let mixture, let mixedItems {
                    rank(by: .mixtures(mixture.users(queries.vectors, on: tape), mixedItems))
                } else if let vectors {
                    vectors.withUnsafeBufferPointer { $0.baseAddress.map { rank(by: .products(queries, $0)) } }
                } else {
                    rank(by: .products(queries, tape.parameters(items)))
                }
                if isAbandoned() { return accumulator }
            }
        }
        return accumulator
    }

    /// Ranks among the stored negatives.
    ///
    /// - Parameter numbers: `[B, C]`, the rows of the table that are those of the candidates; nil: the candidates themselves.
    func rankStored(
        _ batchScores: BatchScores, numbers: UnsafePointer<Int32>? = nil, on tape: Tape,
        into accumulator: inout RankingAccumulator
    ) {
        let perUser = batch.candidatesPerTarget
        let scores = tape.arena.allocate(Float.self, count: batch.count * perUser)
        batchScores.scores(
            of: numbers ?? batch.candidates, perUser: perUser, scratch: tape.arena, into: scores)
        for row in 0..<batch.count {
            let own = batch.candidates + row * perUser
            if let neighbours {
                neighbours.look(at: batch.history(row))
                for index in 0..<perUser { scores[row * perUser + index] += neighbours.score(of: own[index]) }
            }
            let target = scores[row * perUser]
            var position = 1 + Kernel.countNotBelow(target, scores + (row * perUser + 1), perUser - 1)
            // The true item is not ranked against itself.
            for index in 1..<perUser where own[index] == own[0] && !(scores[row * perUser + index] < target) {
                position -= 1
            }
            accumulator.positions.append(position)
        }
    }

    /// Ranks among all items.
    ///
    /// - Parameter bestSize: how many of a user's best items are needed.
    private func rankAll(
        _ scores: BatchScores, _ rows: EvaluationRows, _ range: Range<Int>, bestSize: Int, on tape: Tape,
        into accumulator: inout RankingAccumulator
    ) {
        let count = batch.count
        let targets = tape.arena.allocate(Float.self, count: count)
        let counts = tape.arena.allocateZeroed(Int32.self, count: count)
        let best =
            bestSize == 0
            ? nil
            : BestRows(
                users: count, size: bestSize, rows: tape.arena.allocate(count: count * bestSize),
                scores: tape.arena.allocate(count: count * bestSize))
        candidates.begin()
        for (row, index) in range.enumerated() {
            let target = batch.positives[row]
            neighbours?.look(at: batch.history(row))
            switch historyScores {
            case .exclude: candidates.addUser(target, seen: rows, index, neighbours)
            case .zero: candidates.addUser(target, history: batch.history(row), neighbours)
            }
            targets[row] =
                candidates.scoresZero(target, user: row)
                ? 0
                : scores.score(of: target, user: row, scratch: tape.arena).score
                    + (neighbours?.score(of: target) ?? 0)
            best?.offer(target, score: targets[row], user: row)
        }
        candidates.withExcluded { excluded, users in
            scores.countNotBelow(
                targets, itemCount: itemCount, excluding: excluded, at: users, scratch: tape.arena, into: counts,
                best: best)
        }
        for row in 0..<count {
            let target = batch.positives[row]
            for item in candidates.zeroItems(ofUser: row) where item != target {
                if !(0 < targets[row]) { counts[row] += 1 }
                best?.offer(item, score: 0, user: row)
            }
            candidates.forEachNearItem(ofUser: row) { item, addition in
                let score = scores.score(of: item, user: row, scratch: tape.arena).score + addition
                if !(score < targets[row]) { counts[row] += 1 }
                best?.offer(item, score: score, user: row)
            }
            accumulator.positions.append(1 + counts[row])
        }
        guard let best else { return }
        accumulator.notePositions(in: best, users: count)
        guard measures.contains(.interests) else { return }
        for row in 0..<count {
            let item = best.rows[row * bestSize]
            accumulator.firstWinners.append(
                item == BestRows.none ? -1 : winner(of: item, user: row, scores, on: tape))
        }
    }

    /// The interest of a user that wins an item.
    private func winner(of item: Int32, user: Int, _ scores: BatchScores, on tape: Tape) -> Int32 {
        Int32(scores.score(of: item, user: user, scratch: tape.arena).interest)
    }

    /// Notes which interests win the true items, and how alike the interests of a user are.
    ///
    /// - Parameters:
    ///   - winner: the interest of a user that wins the true item.
    ///   - pairs: where the sums of the shard are among those of the rank; empty: they are not counted.
    func compareInterests(
        _ queries: Interests, winner: (_ row: Int) -> Int32, _ pairs: Range<Int>,
        _ accumulator: inout RankingAccumulator
    ) {
        accumulator.interestCount = queries.perUser
        accumulator.interestsCorrespond = queries.correspond
        for row in 0..<batch.count {
            accumulator.trueWinners.append(winner(row))
            let own = queries.groups.count(row)
            if !pairs.isEmpty { accumulator.usersByInterests[own] += 1 }
            guard own > 1 else { continue }
            let interests = queries.ofUser(row)[0..<own]
            let mean = accumulator.pairSums.withUnsafeMutableBufferPointer { sums in
                Kernel.meanPairwiseCosine(
                    interests, addingTo: pairs.isEmpty ? nil : sums.baseAddress.map { $0 + pairs.lowerBound })
            }
            accumulator.cosines.append(mean)
        }
    }
}

/// An evaluation was given up on all ranks, since one of them is to stop.
public struct EvaluationAbandoned: Error {
    /// All ranks throw the same: it does not say which one is to stop.
    public init() {}
}
