import ArgumentParser
import Benchmarking
import Evaluation
import Recommenders
import Reporting
import Training

/// `trainer benchmark`.
struct BenchmarkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark",
        abstract: "Measures the training steps of a model, and what the machine can do at best.",
        usage: "trainer benchmark --model <model> [<options>]",
        discussion: """
            Takes the steps of `trainer train` with the same options, in passes of which the fastest counts, and tells \
            where their time goes. Writes no files. Without --dataset the data are made up (3,000 users, 1,500 items).

            The same run measures large matrix products and plain passes over memory, on one rank and on all ranks \
            together: the useful work of the steps is a share of that. Only an idle machine gives numbers that mean \
            something.

              trainer benchmark --model SASRec --operations

            Allocations are counted under LD_PRELOAD=.build/release/libAllocationCount.so, which \
            `swift build -c release --product AllocationCount` makes.
            """)

    @Option(name: .field("model"), help: .field("model"))
    var model: String?

    @OptionGroup(title: "Data") var data: DataOptions

    @Option(help: "The stage of a model that has several. (default: the last one)")
    var stage: TrainingStage?

    @Option(help: "Steps of a pass.")
    var steps = BenchmarkOptions().steps

    @Option(name: .spellings(of: "warm-up"), help: "Steps before the first pass.")
    var warmUp = BenchmarkOptions().warmUpSteps

    @Option(help: "Passes; the fastest counts.")
    var passes = BenchmarkOptions().passes

    @Flag(help: "Time each operation of the model, in further steps.")
    var operations = false

    @Flag(
        name: .spellings(of: "compare-exchange"),
        help: "Time how gradients travel between nodes, beside MPI_Allreduce, in further steps.")
    var comparesExchange = false

    @Option(help: "Measure the ranking of dev too: among the stored negatives or among all items.")
    var evaluation: RankingProtocol?

    @OptionGroup(title: "Training step") var step: DeclaredOptions<StepGroup>

    @OptionGroup(title: "Model") var hyperparameters: DeclaredOptions<ModelGroup>

    @OptionGroup(title: "Objective") var objective: DeclaredOptions<ObjectiveGroup>

    @Flag(help: "Print the result object on standard output, and nothing else.")
    var json = false

    @Flag(name: .shortAndLong, help: "Only warnings and errors.")
    var quiet = false

    mutating func run() throws {
        let job = try makeJob()
        let printsJSON = json
        Launcher.run(isQuiet: quiet) { world, console in
            if let result = try job.run(world: world, console: console) {
                try StandardOutput.write(printsJSON ? result.json.pretty + "\n" : result.text)
            }
            return 0
        }
    }

    private func makeJob() throws -> BenchmarkJob {
        guard let model else {
            throw CommandError("--model is missing\nchoose one of these:\n\(ModelList.text)")
        }
        let configuration = try TrainingConfiguration(
            commandLine: [step.texts, hyperparameters.texts, objective.texts], model: model, data: data)
        var options = BenchmarkOptions()
        options.steps = steps
        options.warmUpSteps = warmUp
        options.passes = passes
        options.timesOperations = operations
        options.comparesExchange = comparesExchange
        options.ranking = evaluation
        do {
            return try BenchmarkJob(configuration, stage: stage, options: options)
        } catch {
            throw CommandError(exitCode: 64, error.description)
        }
    }
}
