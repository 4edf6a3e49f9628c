import ArgumentParser
import Glibc
import Interactions
import Reporting

/// `trainer data`.
struct DataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data", abstract: "Works on data sets.",
        subcommands: [ConvertCommand.self, InspectCommand.self, GenerateCommand.self])
}

/// `trainer data generate`.
struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Writes a synthetic data set whose users have known interests.",
        usage: "trainer data generate --out <out> [<options>]",
        discussion: """
            Users have 1 to 4 interests, each a cluster of items with popular and rare ones; the weights of the \
            interests drift in time. ground_truth.json tells what they are. The same options give the same files.

              trainer data generate --out data/small --users 500 --items 300
            """)

    @Option(help: "Folder of the data set.")
    var out: String

    @Option(help: "Users.")
    var users = SyntheticDataset.Options().users

    @Option(help: "Items.")
    var items = SyntheticDataset.Options().items

    @Option(name: .spellings(of: "mean-interactions"), help: "Mean number of interactions of a user.")
    var meanInteractions = SyntheticDataset.Options().meanInteractions

    @Option(help: "Clusters of items.")
    var clusters = SyntheticDataset.Options().clusters

    @Option(name: .spellings(of: "max-interests"), help: "The most interests of a user.")
    var maxInterests = SyntheticDataset.Options().interests.upperBound

    @Option(name: .spellings(of: "popularity-exponent"), help: "Exponent of the power law of popularity in a cluster.")
    var popularityExponent = SyntheticDataset.Options().popularityExponent

    @Option(help: "How far the weights of interests move over time, 0 to 1.")
    var drift = SyntheticDataset.Options().drift

    @Option(help: "Stored negatives of a dev or test row; 0: none, all items are ranked.")
    var negatives = SyntheticDataset.Options().negatives

    @Option(help: "Seed.")
    var seed: UInt64 = 0

    @Flag(help: "Replace a data set that is there.")
    var replace = false

    mutating func run() throws {
        guard Launcher.isFirstRank else { return }
        try DatasetFolderCheck.requireDataFolder(out)
        var options = SyntheticDataset.Options()
        options.users = users
        options.items = items
        options.meanInteractions = meanInteractions
        options.clusters = clusters
        guard maxInterests >= 1 else {
            throw ValidationError("--max-interests is \(maxInterests), at least 1 is needed")
        }
        options.interests = 1...maxInterests
        options.popularityExponent = popularityExponent
        options.drift = drift
        options.negatives = negatives
        options.seed = seed
        do {
            let dataset = try SyntheticDataset(options)
            try dataset.write(to: out, replacing: replace)
            Console().info(
                "\(shownFolder): \(NumberText.grouped(users)) users, \(NumberText.grouped(items)) items, "
                    + "\(NumberText.grouped(dataset.train.count + dataset.dev.count + dataset.test.count)) interactions"
            )
        } catch {
            // A data set that cannot be written is an input/output error here, not bad data.
            throw CommandError(
                exitCode: error.kind == .unreadable ? 74 : Launcher.exitCode(for: error), error.description)
        }
    }
    /// The folder for a message: by its whole path where `.` or `..` would not say which it is.
    private var shownFolder: String {
        let last = out.split(separator: "/").last
        guard last == "." || last == "..", let resolved = realpath(out, nil) else { return out }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
