import ArgumentParser
import Reporting
import Serving
import Training

/// `trainer recommend`.
struct RecommendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recommend", abstract: "Recommends items with a trained model.",
        usage: "trainer recommend --checkpoint <checkpoint> [<options>]",
        discussion: """
            To all users of the data set that the run was trained on, from everything that is known of them:

              trainer recommend --checkpoint RUN --top 20 --out top.tsv

            Or to whoever asks, a JSON object a line with ids of the data:

              echo '{"user": 7, "history": [3, 17, 4]}' | trainer recommend \\
                --checkpoint RUN --histories -

            Every line is answered as soon as it has come. Under mpirun the ranks share the work; the answers have the \
            same bytes on any number of them.
            """)

    @Option(help: "A run's folder.", completion: .directory)
    var checkpoint: String?

    @Option(help: "Items of a user.")
    var top = 20

    @Option(help: ArgumentHelp("File of the answers. (default: standard output)", valueName: "file"))
    var out: String?

    @Option(help: "tsv: user, item, rank, score; csv: a list a user, as in ReChorus; jsonl: an object a user.")
    var format: AnswerFormat?

    @Flag(help: "Tell which interest found an item, from 0.")
    var interest = false

    @OptionGroup(title: "Users") var data: DataOptions

    @OptionGroup(title: "Users") var who: UserOptions

    @Option(
        help: ArgumentHelp(
            "Answer lines {\"user\": ..., \"history\": [...]} of a file, or of standard input (-).", valueName: "file"))
    var histories: String?

    @Option(help: "Whether items of the history are recommended again: exclude or include.")
    var seen = SeenItems.exclude

    @Option(help: ArgumentHelp("Recommend the items of this file alone, one id a line.", valueName: "file"))
    var allow: String?

    @Option(help: ArgumentHelp("Do not recommend the items of this file, one id a line.", valueName: "file"))
    var ban: String?

    @Option(
        help: ArgumentHelp(
            "What an item of another category is worth for each item that is there already, in units of the score.",
            valueName: "weight"))
    var diversity: Double?

    @Option(
        help: ArgumentHelp("Categories for --diversity: lines of an item, TAB and its category.", valueName: "file"))
    var categories: String?

    @Flag(name: .shortAndLong, help: "Only warnings and errors.")
    var quiet = false

    enum SeenItems: String, ExpressibleByArgument, CaseIterable { case exclude, include }

    mutating func run() throws {
        let request = try makeRequest()
        if let histories {
            try refuse(format.map { $0 != .jsonl } ?? false, "--format", "answers to --histories are JSON lines")
            try refuse(who.users != nil, "--users", "--histories says who asks")
            try refuse(who.history != nil, "--history", "--histories says what the histories are")
            let job = HistoryJob(request, source: histories)
            return Launcher.run(isQuiet: quiet) { world, console in
                try job.run(world: world, console: console)
                return 0
            }
        }
        var job = RecommendationJob(request)
        job.format = format ?? .tsv
        try refuse(interest && job.format == .csv, "--interest", "a list of items has no room for it")
        job.users = who.users
        job.history = who.history ?? .all
        Launcher.run(isQuiet: quiet) { [job] world, console in
            try job.run(world: world, console: console)
            return 0
        }
    }

    private func makeRequest() throws(CommandError) -> RecommendationRequest {
        guard let checkpoint else { throw CommandError("--checkpoint is missing\nname a run's folder") }
        guard top >= 1 else {
            throw CommandError("--top is \(top)\nchoose a number of items, from 1")
        }
        var request = RecommendationRequest(checkpoint: checkpoint)
        (request.dataRoot, request.dataset) = (data.givenRoot, data.dataset)
        request.top = top
        request.output = out
        request.includesSeen = seen == .include
        request.allowed = allow
        request.banned = ban
        request.namesInterests = interest
        switch (diversity, categories) {
        case (nil, nil): break
        case (let weight?, let file?):
            guard weight >= 0, weight.isFinite else {
                throw CommandError("--diversity is \(weight)\nchoose a weight, from 0: 0 is the order of the scores")
            }
            request.diversity = (weight, file)
        case (_?, nil):
            throw CommandError("--diversity needs the categories of items\nname their file with --categories")
        case (nil, _?): throw CommandError("--categories are for --diversity\nchoose a weight with --diversity")
        }
        return request
    }

    private func refuse(_ isWrong: Bool, _ option: String, _ reason: String) throws(CommandError) {
        if isWrong { throw CommandError("\(option) does not go with the other options: \(reason)\nleave it out") }
    }
}

/// Which users of a data set, and what of their histories.
struct UserOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The users of this file alone, one id a line, in its order.", valueName: "file"))
    var users: String?

    @Option(
        help: "What counts as known of a user: train, train+dev or all, which is train, dev and test. (default: all)")
    var history: HistoryChoice?
}

extension DataOptions {
    /// The data root, where the command line names one.
    var givenRoot: String? { dataRoot != nil || pathIsRoot ? root : nil }
}

extension AnswerFormat: ExpressibleByArgument {}
extension HistoryChoice: ExpressibleByArgument {}
extension ExportFormat: ExpressibleByArgument {}
extension SimilarItems.Measure: ExpressibleByArgument {}
