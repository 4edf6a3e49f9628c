import ArgumentParser
import Reporting
import Serving

/// `trainer export`.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Writes vectors for a nearest-neighbour index, or parameters for PyTorch.",
        usage: "trainer export --checkpoint <checkpoint> --out <out> [<options>]",
        discussion: """
            The folder gets items.npy [N, d], items.txt (line i: the id of row i), interests.npy [U, K, d], users.txt \
            and manifest.json:

              trainer export --checkpoint RUN --out vectors
              trainer export --checkpoint RUN --out parameters --format pytorch
            """)

    @Option(help: "A run's folder.", completion: .directory)
    var checkpoint: String?

    @Option(help: "Folder of the files.")
    var out: String?

    @Option(
        help: """
            npy: arrays of NumPy; safetensors: the same in vectors.safetensors; pytorch: the parameters in \
            state_dict.safetensors.
            """)
    var format = ExportFormat.npy

    @OptionGroup(title: "Users") var data: DataOptions

    @OptionGroup(title: "Users") var who: UserOptions

    @Flag(name: .shortAndLong, help: "Only warnings and errors.")
    var quiet = false

    mutating func run() throws {
        guard let checkpoint else { throw CommandError("--checkpoint is missing\nname a run's folder") }
        guard let out else { throw CommandError("--out is missing\nname a folder for the files") }
        if format == .pytorch {
            guard who.users == nil, who.history == nil, data.dataset == nil, data.dataRoot == nil else {
                throw CommandError(
                    "--users, --history, --dataset and --data-root are for vectors of users\n"
                        + "leave them out: --format pytorch writes the parameters alone")
            }
        }
        var job = ExportJob(checkpoint: checkpoint, output: out)
        (job.dataRoot, job.dataset) = (data.givenRoot, data.dataset)
        job.format = format
        job.users = who.users
        job.history = who.history ?? .all
        Launcher.run(isQuiet: quiet) { [job] world, console in
            try job.run(world: world, console: console)
            return 0
        }
    }
}
