import ArgumentParser
import Evaluation
import Foundation
import Interactions
import MPI
import Recommenders
import Reporting
import Training

/// `trainer train`.
struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Trains a model and tests it, with the parameters of its best epoch or of the last one.",
        usage: """
            trainer train --model <model> --dataset <dataset> [<options>]
            mpirun -n <ranks> trainer train --model <model> --dataset <dataset> ...
            """,
        discussion: """
            Models: \(ModelList.names); what they are is told by `trainer train --model`.

            Trains on the data set in the folder data/NAME, then continues until the 30th epoch at most:

              trainer train --model ComiRec --dataset NAME --out RUN --epochs 20
              trainer train --model ComiRec --dataset NAME --out RUN --epochs 30 \\
                --resume --extend

            The folder of --out gets config.yaml, metrics.jsonl (a line an epoch), result.json and \
            model/model.safetensors. The option names of ReChorus (--model_name, --emb_size, --K ...) are understood.

            The options of a model alone, and all options, those that few need too:

              trainer train --model TiMiRec --help
              trainer train --help-hidden
            """)

    @OptionGroup(title: "What is trained") var subject: TrainedSubject

    @OptionGroup(title: "What is trained") var data: DataOptions

    @OptionGroup(title: "Stages of TiMiRec") var stages: StageArguments

    @OptionGroup(title: "Beginning") var beginning: DeclaredOptions<BeginningGroup>

    @OptionGroup(title: "Training step") var step: DeclaredOptions<StepGroup>

    @OptionGroup(title: "End of the training") var end: DeclaredOptions<EndGroup>

    @Option(
        name: .spellings(of: "epochs-from"),
        help:
            "As many epochs as were best in this run, in each of its stages: for --train-on all, which has no dev rows."
    )
    var epochsFrom: String?

    @OptionGroup(title: "Model") var hyperparameters: DeclaredOptions<ModelGroup>

    @OptionGroup(title: "Objective") var objective: DeclaredOptions<ObjectiveGroup>

    @OptionGroup(title: "Ranking of dev and test") var ranking: DeclaredOptions<RankingGroup>

    @OptionGroup(title: "Running") var running: RunOptions

    @OptionGroup(title: "Watching") var watching: WatchOptions

    @Option(
        name: .spellings(of: "test-all"),
        help: ArgumentHelp("ReChorus: 1 ranks among all items.", visibility: .hidden))
    var testAll = Switch(false)

    @Option(
        help: ArgumentHelp("BaM: True tests the trained model in the folder of --path.", visibility: .hidden))
    var test = Switch(false)

    @Flag(help: "Print the result object on standard output, and nothing else.")
    var json = false

    @Flag(name: .shortAndLong, help: "Only warnings and errors.")
    var quiet = false

    @OptionGroup(visibility: .hidden) var ignored: IgnoredOptions

    mutating func run() throws {
        if test.isOn { return try testTrainedModel() }
        let job = try makeJob()
        let otherOptions = try epochsFrom.map { try RunFolder($0).otherOptions(than: job.configuration) } ?? []
        let epochsFrom = epochsFrom ?? ""
        let control = watching.added(to: running.control)
        let printsJSON = json
        let folder = job.output
        StopRequest.watchSignals()
        Launcher.run(isQuiet: quiet) { world, console in
            if job.lastsWithoutLimit {
                console.warning(
                    "--train-on all has no dev rows, so all \(TrainingConfiguration.mostEpochs) epochs are trained\n"
                        + "take over the best number of a run with dev: --epochs-from RUN, or choose --epochs")
            }
            if !otherOptions.isEmpty {
                console.warning(
                    "\(epochsFrom) was trained with other options: \(otherOptions.joined(separator: ", "))\n"
                        + "its best number of epochs may not be that of this training")
            }
            switch try job.run(world: world, console: console, control: control) {
            case .finished(let run):
                if world.rank == 0, let run {
                    try StandardOutput.write(printsJSON ? run.json.pretty + "\n" : run.text)
                }
                return 0
            case .stopped(let reason, let step):
                console.warning(
                    "stopped \(reason) after step \(step), with a checkpoint\n"
                        + "the same command with --resume continues from there (\(folder))")
                return Launcher.stoppedEarly
            }
        }
    }

    /// `trainer evaluate` of what the same command line without `--test` has trained.
    private func testTrainedModel() throws {
        guard out != nil || data.path != nil else {
            throw CommandError("--test needs the folder of a run\nname it with --path")
        }
        let output = try output
        guard FileManager.default.fileExists(atPath: RunFolder(output).configuration) else {
            throw CommandError(
                exitCode: 65, "\(output): no trained model\ntrain it first, with the same command line without --test")
        }
        guard try !configuration(into: output).leavesTestAlone else {
            throw CommandError("--test ranks test, --dev-only 1 leaves it alone\nchoose one")
        }
        do {
            try makeJob().refuseOtherTraining()
        } catch {
            throw error as? CommandError ?? CommandError(exitCode: Launcher.exitCode(for: error), "\(error)")
        }
        let request = EvaluationRequest(source: .run(output), data: data, split: .test, texts: rankingTexts)
        try request.run(printsJSON: json)
    }

    /// How dev and test are ranked, in the spelling of this project.
    private var rankingTexts: [String: String] {
        ranking.texts.merging(testAll.isOn ? ["evaluation": "full"] : [:]) { _, full in full }
    }

    /// What the command line asks for, into a folder.
    private func configuration(into output: String) throws -> TrainingConfiguration {
        // Not in validate(): a mistyped option is to be named before what is missing because of it.
        guard let model else {
            throw CommandError("--model is missing\nchoose one of these:\n\(ModelList.text)")
        }
        // A mistyped name is told before what else is missing.
        do { _ = try RecommenderCatalogue.requireEntry(named: model) } catch {
            throw CommandError(error.description)
        }
        guard data.dataset != nil else { throw CommandError("--dataset is missing\nname a folder in --data-root") }
        var own: [String: String] = [:]
        own["recipe"] = recipe
        own["extractor"] = extractor
        return try TrainingConfiguration(
            commandLine: [
                own, beginning.texts, end.texts, step.texts, hyperparameters.texts, objective.texts, rankingTexts,
            ],
            model: model, data: data, output: output)
    }

    /// The training that the command line asks for.
    ///
    /// - Parameter texts: values of options in the place of those of the command line; none by which others have another
    ///   default.
    func makeJob(changing texts: [String: String] = [:]) throws -> TrainingJob {
        var configuration = try configuration(into: output)
        do {
            try configuration.set(texts)
            var pretraining = try pretraining
            if let epochsFrom {
                guard end.texts["epochs"] == nil else {
                    throw CommandError("--epochs and --epochs-from both say how long to train\nchoose one")
                }
                let run = RunFolder(epochsFrom)
                let best = try run.bestEpochs()
                configuration.epochs = best.last
                if let epochs = best.pretraining { pretraining = try pretraining.adding(epochs: epochs) }
            }
            return try TrainingJob(configuration, stage: stage?.selection ?? .all, pretraining: pretraining)
        } catch let error as CommandError {
            throw error
        } catch {
            throw CommandError(exitCode: 64, "\(error)")
        }
    }

    /// What the pretraining has to itself.
    var pretraining: StageOptions {
        get throws(TrainingError) {
            try StageOptions(parsing: pretrain, keepsNegatives: step.texts["negatives"] != nil)
        }
    }

    /// The folder that is asked for, or the default one.
    private var output: String {
        get throws {
            if let out { return out }
            if let path = data.path, !data.pathIsRoot { return path }
            // A list that is wrong is told of before a folder is made.
            return DefaultFolder.name(
                of: try configuration(into: ""), pretraining: (try? pretraining) ?? StageOptions(), data: data)
        }
    }
}

extension TrainCommand {
    var model: String? { subject.model }
    private var recipe: String? { subject.recipe }
    private var out: String? { subject.out }
    private var stage: StageName? { stages.stage }
    private var extractor: String? { stages.extractor }
    private var pretrain: [String] { stages.pretrain }
}

/// What is trained and where it goes: what every command line has.
struct TrainedSubject: ParsableArguments {
    @Option(name: .field("model"), help: .field("model"), completion: .list(RecommenderCatalogue.entries.map(\.name)))
    var model: String?

    @Option(help: .field("out"), completion: .directory)
    var out: String?

    @Option(help: .field("recipe"))
    var recipe: String?

    @Option(help: "Options from a YAML file such as a run's config.yaml; those of the command line win.")
    var config: String?
}

/// What is about a model that is trained in two stages.
struct StageArguments: ParsableArguments {
    @Option(help: .field("stage"))
    var stage: StageName?

    @Option(
        help: ArgumentHelp(
            "\(TrainingConfiguration.help(ofField: "pretrain")) Some of \(StageOptions.names.joined(separator: ", ")).",
            valueName: "option=value,...", visibility: .hidden))
    var pretrain: [String] = []

    @Option(help: .field("extractor"))
    var extractor: String?
}

/// Options of other programs that have no meaning here, accepted so that their command lines run.
struct IgnoredOptions: ParsableArguments {
    @Option(name: [.customLong("regenerate")]) var regenerate: String?
    @Option(name: .spellings(of: "check-epoch")) var checkEpoch: String?
    @Option(name: .spellings(of: "test-epoch")) var testEpoch: String?
    @Option(name: [.customLong("gpu")]) var gpu: String?
    @Option(name: .spellings(of: "num-workers")) var workers: String?
    @Option(name: .spellings(of: "pin-memory")) var pinMemory: String?
    @Option(name: .spellings(of: "eval-batch-size")) var evaluationBatchSize: String?
    @Option(name: [.customLong("buffer")]) var buffer: String?
    @Option(name: [.customLong("verbose")]) var verbose: String?
}
