import FileIO
import Interactions
import KernelCore
import MPI
import Reporting
import Training

/// Answers lines that ask for recommendations (``HistoryLine``) with lines, one for each, in their order: JSON in, JSON
/// out.
///
/// Rank 0 reads what has come, all ranks answer parts of it, rank 0 writes the answers at once. A line that cannot be
/// answered gets an answer that says why, and the work continues; at the end of the input it is told of all.
public struct HistoryJob: Sendable {
    /// Which model answers, with which items, and where the answers go.
    public var request: RecommendationRequest
    /// A file; `-`: standard input.
    public var source: String

    /// - Parameters:
    ///   - request: how the lines are answered.
    ///   - source: the file of the lines; `-`: standard input.
    public init(_ request: RecommendationRequest, source: String) {
        self.request = request
        self.source = source
    }

    /// Answers until the input ends, or nobody reads the answers. Collective.
    public func run(world: Communicator, console: Console) throws {
        try Kernel.flushingSubnormals { try answer(world: world, console: console) }
    }

    private func answer(world: Communicator, console: Console) throws {
        let stored = try request.stored(world: world)
        let statistics = try TrainStatistics(of: stored) {
            try InteractionDataset.loadedOncePerNode(world: world) { try stored.dataset() }
        }
        let search = try request.search(in: stored, with: statistics, world: world, console: console)
        let writer = try world.collectively {
            try AnswerWriter(
                .jsonl, items: stored.itemIds, users: nil, top: search.top, namesInterests: request.namesInterests)
        }
        let (input, output) = try world.collectively {
            world.rank == 0 ? (try LineInput(path: source), try AnswerOutput(request.output)) : (nil, nil)
        }
        let clock = ContinuousClock()
        var (busy, latencies) = (0.0, LatencyHistogram())
        var tally = LineTally()
        var text = AnswerText()
        let batchSize = RecommendationJob.batchSize(top: search.top)
        while true {
            let read = try world.collectively { try input?.next(limit: world.size * batchSize) }
            let start = clock.now
            let block = try world.broadcast(read ?? LineBlock())
            guard !block.isEmpty else { break }
            text.removeAll()
            try world.collectively {
                let lines = block.lines(Self.part(of: block.count, world))
                try answer(lines, search, writer, &tally, console, into: &text)
            }
            let isWanted = try AnswerOutput.write(text, to: output, world: world)
            busy += (clock.now - start).inSeconds
            latencies.add(ProgressBar.monotonicSeconds() - (input?.arrival ?? 0), count: block.count)
            guard isWanted else { return }
        }
        try world.collectively { try output?.finish() }
        try tally.finish(world: world, console: console, input: input?.name ?? "", seconds: busy, latencies: latencies)
    }

    /// This rank's part of the lines; a line alone is rank 0's.
    private static func part(of count: Int, _ world: Communicator) -> Range<Int> {
        let size = world.size
        return (world.rank * count + size - 1) / size..<((world.rank + 1) * count + size - 1) / size
    }

    /// Adds the answers of some lines to a text.
    private func answer(
        _ lines: [(number: Int, bytes: [UInt8]?)], _ search: ItemSearch, _ writer: AnswerWriter,
        _ tally: inout LineTally, _ console: Console, into text: inout AnswerText
    ) throws {
        let stored = search.model.stored
        let requests = lines.map { HistoryLine($0.bytes) }
        let queries = requests.map { request in
            request.query.flatMap { query in
                Result { () throws(QueryError) in try NumberedQuery(query, for: stored) }
            }
        }
        let isWithoutTimes = requests.contains { (try? $0.query.get()).map { $0.times == nil } ?? false }
        if stored.entry.needs.contains(.times), isWithoutTimes { tally.warnOfTimes(stored.entry.name, on: console) }
        let found = try search.items(for: queries.compactMap { try? $0.get() })
        var user = 0
        for (index, request) in requests.enumerated() {
            text.append("{")
            if let id = request.user { text.append("\"user\":\(id.compact),") }
            switch queries[index] {
            case .success(let query):
                writer.appendMembers(found, found[user], to: &text)
                text.append(",\"unknown\":\(query.unknown)}\n")
                user += 1
                tally.answered += 1
            case .failure(let error):
                let reason = JSONValue.string(error.description.printable(limit: 400)).compact
                text.append("\"error\":\(reason),\"line\":\(lines[index].number)}\n")
                tally.fail(lines[index].number, error)
            }
        }
    }
}

extension Communicator {
    /// The lines of rank 0, on all ranks.
    fileprivate func broadcast(_ block: LineBlock) throws(MPIError) -> LineBlock {
        guard size > 1 else { return block }
        let numbers = try broadcast(block.numbers, from: 0)
        guard !numbers.isEmpty else { return LineBlock() }
        return LineBlock(
            numbers: numbers, lengths: try broadcast(block.lengths, from: 0), bytes: try broadcast(block.bytes, from: 0)
        )
    }
}

/// What became of the lines.
private struct LineTally {
    var answered = 0
    private var failed = 0
    /// The first of them.
    private var firstFailure: (line: Int, reason: String)?
    private var hasWarnedOfTimes = false

    mutating func fail(_ line: Int, _ error: QueryError) {
        failed += 1
        firstFailure = firstFailure ?? (line, error.description)
    }

    mutating func warnOfTimes(_ model: String, on console: Console) {
        guard !hasWarnedOfTimes else { return }
        hasWarnedOfTimes = true
        console.warning(
            "\(model) looks at times, and there are lines without\n"
                + "the items of such a history count as equally far apart; add \"times\" to the lines")
    }

    /// Tells what there was; throws on rank 0 where lines had no answer. Collective.
    func finish(
        world: Communicator, console: Console, input: String, seconds: Double, latencies: LatencyHistogram
    ) throws {
        let sums = try world.allReduce([answered, failed], .sum)
        let first = try world.allReduce(firstFailure?.line ?? .max, .minimum)
        let reasons = try world.gather(firstFailure?.line == first ? firstFailure?.reason ?? "" : "", at: 0)
        if latencies.count > 0, seconds > 0 {
            func milliseconds(_ share: Double) -> String {
                NumberText.fixed(1e3 * latencies.quantile(share), decimals: 2) + " ms"
            }
            console.info(
                "\(NumberText.counted(sums[0], "answers")), \(NumberText.grouped(Int(min(Double(sums[0]) / seconds, 1e15)))) users/s; "
                    + "from a line to its answer: p50 \(milliseconds(0.5)), p99 \(milliseconds(0.99))")
        }
        try world.collectively {
            guard sums[1] > 0, let reasons else { return }
            let more = sums[1] > 1 ? " (and \(NumberText.counted(sums[1] - 1, "more lines")))" : ""
            throw ServingError(
                .data, "\(input):\(first): \(reasons.joined())\(more)",
                recoverySuggestion: "each of these lines has an answer with its reason: correct it and ask again")
        }
    }
}
