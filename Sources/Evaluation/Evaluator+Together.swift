import Differentiation
import Interactions
import KernelCore
import MPI
import Recommenders

/// Ranking where no rank has all items: the ranks go through their batches at the same pace, and among all items each ranks
/// the users of every rank against the items that it keeps. Positions are whole numbers, and add up.
extension Evaluator {
    /// What a rank asks the others about a batch: how many of the items that they keep score not below the true one.
    private struct Question {
        /// Users, interests of a user.
        var shape: [Int32] = [0, 0]
        /// `[users * K, d]`.
        var queries: [Float] = []
        /// `[users]`, the scores of the true items.
        var targets: [Float] = []
        /// Of each user the items that do not take part, and `[users + 1]` where they begin.
        var excluded: [Int32] = []
        var offsets: [Int32] = [0]
    }

    /// Ranks for all rows of this rank. Collective, and an error is thrown on all ranks.
    func rankTogether(
        by model: some Recommender, on tape: Tape, rows source: any RowSource, world: Communicator,
        _ isAbandoned: () -> Bool
    ) throws -> RankingAccumulator {
        var accumulator = RankingAccumulator()
        let batches = rows.indices.flatMap { index in
            stride(from: 0, to: rows[index].count, by: Self.batchSize).map { start in
                (shard: index, range: start..<min(start + Self.batchSize, rows[index].count))
            }
        }
        let items = model.items.table
        let table = UnsafePointer(tape.parameters(items))
        // Of length 1 where scores are cosines.
        let keptVectors = score.itemVectors(
            MatrixView(
                table + source.keptItems.lowerBound * items.columns, rows: source.keptItems.count,
                columns: items.columns))
        var pairs: [Int: Range<Int>] = [:]
        for round in 0..<(try world.allReduce(batches.count, .maximum)) {
            let own = round < batches.count ? batches[round] : nil
            batch.reset(candidatesPerTarget: 1)
            if let own {
                rows[own.shard].fill(batch, own.range)
                source.want(items: batch.historyItems, count: batch.histories.total)
                source.want(items: batch.candidates, count: batch.count * batch.candidatesPerTarget)
                source.want(users: batch.users, count: batch.count)
            }
            try source.fetch()
            var question = Question()
            var queries: Interests?
            if let own {
                tape.begin(.scoring(seed: seed), sampleCount: batch.count)
                if let interests = model.checkedQueries(of: batch, on: tape) {
                    let scored = score.queries(interests, on: tape)
                    queries = scored
                    let candidates = candidateVectors(in: table, columns: items.columns)
                    switch ranking {
                    case .sampled: rankStored(scored, candidates, on: tape, into: &accumulator)
                    case .full: question = ask(scored, candidates, rows[own.shard], own.range)
                    }
                    noteInterests(scored, candidates, shard: own.shard, &pairs, &accumulator)
                }
            }
            try world.collectively { if let error = tape.error { throw error } }
            if ranking == .full {
                let counts = try answers(
                    to: question, vectors: keptVectors, table, columns: items.columns, source.keptItems, world: world)
                if queries != nil { finish(question, counts, &accumulator) }
            }
            guard try world.allReduce(isAbandoned() ? 1 : 0, .maximum) == 0 else { throw EvaluationAbandoned() }
        }
        return accumulator
    }

    /// The vectors of the candidates of the batch, `[B * C, d]`, as they are scored.
    private func candidateVectors(in table: UnsafePointer<Float>, columns: Int) -> [Float] {
        let count = batch.count * batch.candidatesPerTarget
        let rows = [Float](unsafeUninitializedCapacity: count * columns) { rows, initialized in
            if let start = rows.baseAddress {
                Kernel.gather(table, rows: batch.candidates, count: count, columns: columns, into: start)
            }
            initialized = count * columns
        }
        return rows.withUnsafeBufferPointer { own in
            own.baseAddress.flatMap { score.itemVectors(MatrixView($0, rows: count, columns: columns)) } ?? rows
        }
    }

    /// Ranks among the stored negatives, whose vectors are here.
    private func rankStored(
        _ queries: Interests, _ vectors: [Float], on tape: Tape, into accumulator: inout RankingAccumulator
    ) {
        let count = batch.count * batch.candidatesPerTarget
        let numbers = tape.arena.allocate(Int32.self, count: count)
        for index in 0..<count { numbers[index] = Int32(index) }
        vectors.withUnsafeBufferPointer { vectors in
            guard let table = vectors.baseAddress else { return }
            rankStored(.products(queries, table), numbers: numbers, on: tape, into: &accumulator)
        }
    }

    /// What is asked of the ranks that keep the items, where the true item is not one that scores 0 for the user.
    private func ask(
        _ queries: Interests, _ candidates: [Float], _ rows: EvaluationRows, _ range: Range<Int>
    ) -> Question {
        var question = Question()
        question.shape = [Int32(batch.count), Int32(queries.perUser)]
        let matrix = queries.vectors.matrix
        question.queries = Array(UnsafeBufferPointer(start: matrix.start, count: matrix.count))
        self.candidates.begin()
        for (row, index) in range.enumerated() {
            let target = batch.positives[row]
            switch historyScores {
            case .exclude: self.candidates.addUser(target, seen: rows, index)
            case .zero: self.candidates.addUser(target, history: batch.history(row))
            }
            let isZero = self.candidates.scoresZero(target, user: row)
            question.targets.append(
                isZero ? 0 : score(of: candidates, candidate: row * batch.candidatesPerTarget, user: row, queries).score
            )
        }
        self.candidates.withExcluded { items, users in
            question.offsets = (0...users.count).map { users.offsets[$0] }
            question.excluded = Array(UnsafeBufferPointer(start: items, count: Int(question.offsets.last ?? 0)))
        }
        return question
    }

    /// The score of a candidate for a user, and the interest that gives it.
    private func score(
        of candidates: [Float], candidate: Int, user: Int, _ queries: Interests
    ) -> (score: Float, interest: Int) {
        candidates.withUnsafeBufferPointer { vectors in
            guard let start = vectors.baseAddress else { return (.nan, 0) }
            return Kernel.rowScore(
                start + candidate * queries.vectors.columns, interests: queries.ofUser(user))
        }
    }

    /// How many of the items of all ranks score not below the true item of each user that this rank has asked about, without
    /// the excluded ones. Collective.
    ///
    /// - Parameters:
    ///   - vectors: `[kept, d]`, those of the kept items; nil: the rows of the table.
    private func answers(
        to question: Question, vectors: [Float]?, _ table: UnsafePointer<Float>, columns: Int, _ kept: Range<Int>,
        world: Communicator
    ) throws(MPIError) -> [Int32] {
        let shapes = try world.allGather(question.shape)
        let queries = try world.allGather(question.queries)
        let targets = try world.allGather(question.targets)
        let excluded = try world.allGather(question.excluded)
        let offsets = try world.allGather(question.offsets)
        var found: [[Int32]] = []
        for rank in 0..<world.size {
            let shape = Array(shapes[rank])
            let (users, perUser) = (Int(shape[0]), Int(shape[1]))
            var counts = [Int32](repeating: 0, count: users)
            let asked = Question(
                shape: shape, queries: Array(queries[rank]), targets: Array(targets[rank]),
                excluded: Array(excluded[rank]), offsets: Array(offsets[rank]))
            if users > 0 {
                // Vectors of their own begin with the first row that is kept.
                if let vectors {
                    vectors.withUnsafeBufferPointer { vectors in
                        guard let start = vectors.baseAddress else { return }
                        count(asked, perUser, start - kept.lowerBound * columns, columns, kept, &counts)
                    }
                } else {
                    count(asked, perUser, table, columns, kept, &counts)
                }
            }
            found.append(counts)
        }
        let parts = try world.allToAll(ValuesByRank(found))
        var sums = [Int32](repeating: 0, count: Int(question.shape[0]))
        for part in parts { for (index, count) in part.enumerated() { sums[index] += count } }
        return sums
    }

    private func count(
        _ question: Question, _ perUser: Int, _ table: UnsafePointer<Float>, _ columns: Int, _ kept: Range<Int>,
        _ counts: inout [Int32]
    ) {
        let rows = kept.clamped(to: 1..<itemCount + 1)
        guard !rows.isEmpty else { return }
        question.queries.withUnsafeBufferPointer { queries in
            question.excluded.withUnsafeBufferPointer { excluded in
                question.offsets.withUnsafeBufferPointer { offsets in
                    guard let queries = queries.baseAddress, let excluded = excluded.baseAddress,
                        let starts = offsets.baseAddress
                    else { return }
                    Kernel.countRowsNotBelow(
                        question.targets,
                        interests: MatrixView(queries, rows: question.queries.count / columns, columns: columns),
                        InterestGroups(perUser: perUser),
                        among: RankedRows(
                            rows, of: table, excluding: excluded,
                            at: JaggedOffsets(offsets: starts, count: offsets.count - 1)), into: &counts)
                }
            }
        }
    }

    /// Positions of the true items, of how many others are not below them.
    private func finish(_ question: Question, _ counts: [Int32], _ accumulator: inout RankingAccumulator) {
        for row in 0..<batch.count {
            let target = batch.positives[row]
            let zeros = candidates.zeroItems(ofUser: row).count { $0 != target && !(0 < question.targets[row]) }
            accumulator.positions.append(1 + counts[row] + Int32(zeros))
        }
    }

    private func noteInterests(
        _ queries: Interests, _ candidates: [Float], shard: Int, _ pairs: inout [Int: Range<Int>],
        _ accumulator: inout RankingAccumulator
    ) {
        guard comparesInterests, queries.perUser > 1 else { return }
        let own = pairs[shard] ?? accumulator.addPairs(interestCount: queries.perUser)
        pairs[shard] = own
        compareInterests(
            queries,
            winner: { row in
                Int32(score(of: candidates, candidate: row * batch.candidatesPerTarget, user: row, queries).interest)
            }, own, &accumulator)
    }
}
