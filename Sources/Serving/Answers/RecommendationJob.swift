import Interactions
import KernelCore
import MPI
import Reporting
import Training

/// Recommends items to the users of a data set, on all ranks together.
///
/// Users are answered in batches, which the ranks compute in turn; rank 0 writes them in the order of the users as they
/// come. Nothing but the histories of a rank's own users is kept, and the answers have the same bytes on any number of
/// ranks.
public struct RecommendationJob: Sendable {
    /// Which model answers, with which items, and where the answers go.
    public var request: RecommendationRequest
    /// How the answers are written.
    public var format = AnswerFormat.tsv
    /// How much of what is known of a user counts as the history.
    public var history = HistoryChoice.all
    /// A file of users, one id a line; nil: all users.
    public var users: String?

    /// Answers all users by their whole histories, as TSV, until other choices are made.
    public init(_ request: RecommendationRequest) { self.request = request }

    /// Users that are answered at once, where they do not ask for so many items that their text needs much memory.
    static func batchSize(top: Int) -> Int { min(256, max(1, (1 << 21) / top)) }

    /// Batches that a rank answers before the ranks hand their text to rank 0: many, so that ranks seldom wait for each
    /// other, but no more than some megabytes of text.
    private static func batchesInTurn(top: Int) -> Int { max(1, min(8, (1 << 18) / (batchSize(top: top) * top))) }

    /// Writes the answers. Collective.
    public func run(world: Communicator, console: Console) throws {
        try Kernel.flushingSubnormals { try answer(world: world, console: console) }
    }

    private func answer(world: Communicator, console: Console) throws {
        let stored = try request.stored(world: world)
        let dataset = try stored.knownDataset(world: world, console: console)
        let users = try world.collectively { try UserSelection.users(of: dataset, listedIn: self.users) }
        let statistics = TrainStatistics(of: stored) { dataset }
        let search = try request.search(in: stored, with: statistics, world: world, console: console)
        let writer = try world.collectively {
            try AnswerWriter(
                format, items: stored.itemIds, users: dataset.userIds, top: search.top,
                namesInterests: request.namesInterests)
        }
        let size = Self.batchSize(top: search.top)
        // Where there are few users, every rank has some.
        let share = (users.count + world.size * size - 1) / (world.size * size)
        let turns = BatchTurns(
            count: users.count, size: size * max(1, min(share, Self.batchesInTurn(top: search.top))), world: world)
        let histories = UserHistories(
            dataset, users: turns.own.flatMap { users[$0] }, splits: history.splits)

        let clock = ContinuousClock()
        let start = clock.now
        var counts = AnswerCounts()
        let output = try world.collectively { world.rank == 0 ? try AnswerOutput(request.output) : nil }
        var text = AnswerText()
        if world.rank == 0 { writer.appendHeader(to: &text) }
        var first = 0
        for round in 0..<turns.rounds {
            try world.collectively {
                guard round < turns.own.count else { return }
                let end = first + turns.own[round].count
                while first < end {
                    let next = min(first + size, end)
                    try counts.add(answer(first..<next, of: histories, search, writer, into: &text))
                    first = next
                }
            }
            guard try AnswerOutput.write(text, to: output, world: world) else { return }
            text.removeAll()
        }
        try world.collectively { try output?.finish() }
        try counts.sum(over: world).tell(
            on: console, seconds: (clock.now - start).inSeconds, top: search.top, model: stored.entry.name,
            output: request.output)
    }

    /// Adds the lines of some of a rank's users to a text.
    private func answer(
        _ range: Range<Int>, of histories: UserHistories, _ search: ItemSearch, _ writer: AnswerWriter,
        into text: inout AnswerText
    ) throws -> AnswerCounts {
        let needsHistory = search.model.stored.needsHistory
        let answered = range.filter { !needsHistory || histories.length($0) > 0 }
        var counts = AnswerCounts(users: answered.count, usersWithoutHistory: range.count - answered.count)
        guard !answered.isEmpty else { return counts }
        let batch = search.queryBatch
        batch.reset(candidatesPerTarget: 1)
        for user in answered { histories.append(user, historyMax: search.model.historyMax, to: batch) }
        let found = try search.items(for: batch) { histories.history(answered[$0]) }
        for (index, user) in answered.enumerated() {
            writer.append(histories.users[user], found, found[index], to: &text)
            if found[index].count < search.top { counts.usersWithFewer += 1 }
        }
        return counts
    }
}

/// Which rank computes which batch: they take turns.
struct BatchTurns {
    /// The ranges of this rank.
    let own: [Range<Int>]
    /// Batches of the rank that has the most.
    let rounds: Int

    /// - Parameters:
    ///   - count: what is divided into batches.
    ///   - size: of a batch.
    init(count: Int, size: Int, world: Communicator) {
        let batches = (count + size - 1) / size
        own = stride(from: world.rank, to: batches, by: world.size).map { batch in
            batch * size..<min((batch + 1) * size, count)
        }
        rounds = (batches + world.size - 1) / world.size
    }
}

/// What became of the users.
struct AnswerCounts: Equatable {
    /// Users with an answer.
    var users = 0
    /// Users without one, because the model has nothing for a user without a history.
    var usersWithoutHistory = 0
    /// Users for whom there were not as many items as were asked for.
    var usersWithFewer = 0

    mutating func add(_ other: AnswerCounts) {
        users += other.users
        usersWithoutHistory += other.usersWithoutHistory
        usersWithFewer += other.usersWithFewer
    }

    /// Collective.
    func sum(over world: Communicator) throws(MPIError) -> AnswerCounts {
        let sums = try world.allReduce([users, usersWithoutHistory, usersWithFewer], .sum)
        return AnswerCounts(users: sums[0], usersWithoutHistory: sums[1], usersWithFewer: sums[2])
    }

    func tell(on console: Console, seconds: Double, top: Int, model: String, output: String?) {
        if usersWithoutHistory > 0 {
            console.warning(
                "users without a history in what --history chooses, for whom \(model) has nothing: "
                    + "\(NumberText.grouped(usersWithoutHistory))\nthey are left out")
        }
        if usersWithFewer > 0 {
            console.warning(
                "users with fewer than \(NumberText.counted(top, "items")) left that they had not before: "
                    + "\(NumberText.grouped(usersWithFewer))\nall that are left are listed")
        }
        let speed = seconds > 0 ? Double(users) / seconds : 0
        console.info(
            "\(output.map { $0 + ": " } ?? "")\(NumberText.counted(users, "users")) in \(NumberText.fixed(seconds, decimals: 2)) s, "
                + "\(NumberText.grouped(Int(min(speed, 1e15)))) users/s")
    }
}
