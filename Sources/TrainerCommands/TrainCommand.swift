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
        discussion: """
            Models:
            \(ModelList.text)

            Trains on the data set in the folder data/NAME, then goes on until the 30th epoch at most:

              trainer train --model ComiRec --dataset NAME --out RUN --epochs 20
              trainer train --model ComiRec --dataset NAME --out RUN --epochs 30 \\
                --resume --extend

            The folder of --out gets config.yaml, metrics.jsonl (a line an epoch), result.json and
            model/model.safetensors. The option names of ReChorus (--model_name, --emb_size, --K ...) are understood.
            """)

    @Option(
        name: [.customLong("model"), .customLong("model_name"), .customLong("model-name")],
        help: "Name of the model.")
    var model: String?

    @OptionGroup(title: "Data") var data: DataOptions

    @Option(
        help: """
            Options with known results under one name; those of --config and of the command line win. Without a name: \
            lists them.
            """)
    var recipe: String?

    @Option(help: "Folder of the run. (default: runs/ and a name made of data set, model and options)")
    var out: String?

    @Option(help: "TiMiRec: pretrain the extractor, finetune, or both. (default: both)")
    var stage: StageOption?

    @Option(
        help: ArgumentHelp(
            "TiMiRec: options that the pretraining has to itself, such as lr=5e-4,epochs=12; some of \(StageOptions.names.joined(separator: ", ")).",
            valueName: "option=value,..."))
    var pretrain: [String] = []

    @Option(
        help: "TiMiRec: where finetune finds the extractor: a run or a safetensors file. (default: the run of --out)")
    var extractor: String?

    @Option(
        name: [.customLong("epochs"), .customLong("epoch")],
        help: "The most epochs. (default: 200; none with --sampling users and --max-steps)")
    var epochs: Int?

    @Option(
        name: [.customLong("max-steps"), .customLong("max_steps"), .customLong("steps")],
        help: "Stop after so many steps.")
    var maxSteps: Int?

    @Option(
        name: [.customLong("early-stop"), .customLong("early_stop")],
        help: "Dev results of epochs in a row without a rise that end the training; 0: never, nor does --patience.")
    var earlyStop = 10

    @Option(
        name: [.customLong("validate-every"), .customLong("validate_every")],
        help: "With --sampling users: steps between two validations, which --epochs counts.")
    var validateEvery = 1000

    @Option(help: "The most epochs (after the first 20) or validations since the best one; needs --early-stop.")
    var patience = 20

    @Option(
        help: """
            Keep and test the parameters of the best or of the last epoch; a stage continues those that are kept. \
            (default: best; last where there are no dev rows)
            """)
    var keep: KeptParameters?

    @OptionGroup(title: "Training step") var step: StepArguments

    @OptionGroup(title: "Model") var arguments: ModelArguments

    @OptionGroup(title: "Objective") var objective: ObjectiveArguments

    @OptionGroup(title: "Running") var running: RunOptions

    @Option(help: "Rank among the stored negatives or among all items. (default: sampled where there are negatives)")
    var evaluation: RankingProtocol?

    @Option(
        name: [.customLong("test-all"), .customLong("test_all")],
        help: ArgumentHelp("ReChorus: 1 ranks among all items.", visibility: .hidden))
    var testAll = Switch(false)

    @Option(help: "Cut-offs; the first decides about the best epoch.")
    var topk = CutOffs([5, 10, 20, 50])

    @Option(
        name: [.customLong("history-scores"), .customLong("history_scores")],
        help: "What the items of a history count for among all items.")
    var historyScores = HistoryScores.exclude

    @Option(help: "Report of test beside HR and NDCG: some of \(MeasureList.names).")
    var measures: MeasureList?

    @Option(
        name: [.customLong("dev-only"), .customLong("dev_only")],
        help: "Leave test alone: nobody who searches among options should see it (0/1).")
    var devOnly = Switch(false)

    @Option(
        help: ArgumentHelp("BaM: True tests the trained model in the folder of --path.", visibility: .hidden))
    var test = Switch(false)

    @Option(help: "Options from a YAML file such as a run's config.yaml; those of the command line win.")
    var config: String?

    @Flag(help: "Print the result object on standard output, and nothing else.")
    var json = false

    @Flag(name: .shortAndLong, help: "Only warnings and errors.")
    var quiet = false

    @OptionGroup(visibility: .hidden) var ignored: IgnoredOptions

    mutating func run() throws {
        if test.isOn { return try testTrainedModel() }
        let job = try makeJob()
        let control = running.control
        let printsJSON = json
        let folder = output
        StopRequest.watchSignals()
        Launcher.run(isQuiet: quiet) { world, console in
            switch try job.run(world: world, console: console, control: control) {
            case .finished(let run):
                if world.rank == 0, let run {
                    print(printsJSON ? run.json.pretty : run.text, terminator: printsJSON ? "\n" : "")
                }
                return 0
            case .stopped(let reason, let step):
                console.warning(
                    "stopped \(reason) after step \(step), with a checkpoint\n"
                        + "the same command with --resume goes on from there (\(folder))")
                return Launcher.stoppedEarly
            }
        }
    }

    /// `trainer evaluate` of what the same command line without `--test` has trained.
    private func testTrainedModel() throws {
        guard out != nil || data.path != nil else {
            throw CommandError("--test needs the folder of a run\nname it with --path")
        }
        guard FileManager.default.fileExists(atPath: RunFolder(output).configuration) else {
            throw CommandError(
                exitCode: 65, "\(output): no trained model\ntrain it first, with the same command line without --test")
        }
        guard !devOnly.isOn else { throw CommandError("--test ranks test, --dev-only 1 leaves it alone\nchoose one") }
        do {
            try makeJob().refuseOtherTraining()
        } catch {
            throw error as? CommandError ?? CommandError(exitCode: Launcher.exitCode(for: error), "\(error)")
        }
        var arguments = ["--checkpoint", output]
        if let dataset = data.dataset { arguments += ["--dataset", dataset] }
        if let root = data.dataRoot { arguments += ["--data-root", root] }
        var command = try EvaluateCommand.parse(arguments)
        command.evaluation = ranking
        command.topk = topk
        command.historyScores = historyScores
        command.measures = measures
        command.json = json
        try command.run()
    }

    /// More than any training has where the steps alone are to end it.
    private var standardEpochs: Int { step.sampling == .users && maxSteps != nil ? 1_000_000 : 200 }

    private var ranking: RankingProtocol? { testAll.isOn ? .full : evaluation }

    private func makeJob() throws -> TrainingJob {
        // Not in validate(): a mistyped option is to be named before what is missing because of it.
        guard model != nil else {
            throw CommandError("--model is missing\nchoose one of these:\n\(ModelList.text)")
        }
        // A mistyped name is told before what else is missing.
        do { _ = try RecommenderCatalogue.requireEntry(named: modelName) } catch {
            throw CommandError(error.description)
        }
        guard data.dataset != nil else { throw CommandError("--dataset is missing\nname a folder in --data-root") }
        var configuration = TrainingConfiguration(
            model: modelName, dataRoot: data.root, dataset: data.dataset ?? "", output: output)
        configuration.recipe = recipe
        let standards = ModelStandards(model: modelName, loss: objective.loss)
        step.apply(to: &configuration, by: standards)
        configuration.epochs = epochs ?? standardEpochs
        configuration.maxSteps = maxSteps
        configuration.ranking = ranking
        configuration.leavesTestAlone = devOnly.isOn
        configuration.topK = topk.values
        configuration.historyScores = historyScores
        configuration.measures = measures?.values ?? []
        configuration.earlyStop = earlyStop
        configuration.validateEvery = validateEvery
        configuration.patience = patience
        configuration.keep = keep
        configuration.extractor = extractor
        configuration.options = arguments.options
        configuration.objective = objective.options(by: standards)
        do {
            return try TrainingJob(
                configuration, stage: stage?.selection ?? .all, pretraining: pretraining)
        } catch {
            throw CommandError(exitCode: 64, error.description)
        }
    }

    /// What the pretraining has to itself; another loss brings the negatives that it has where nobody chooses.
    private var pretraining: StageOptions {
        get throws(TrainingError) {
            let own = try StageOptions(parsing: pretrain)
            guard step.negatives == nil, own["negatives"] == nil,
                let loss = own["loss"].flatMap(TrainingLoss.init(rawValue:))
            else { return own }
            let standard = ModelStandards(model: model, loss: loss).negatives
            return try StageOptions(parsing: pretrain + ["negatives=\(standard)"])
        }
    }

    /// The catalogue's spelling of the model, or what was typed.
    private var modelName: String { model.map { RecommenderCatalogue.entry(named: $0)?.name ?? $0 } ?? "" }

    /// The folder that is asked for, or the default one.
    private var output: String {
        if let out { return out }
        if let path = data.path, !data.pathIsRoot { return path }
        return defaultFolder
    }
}

/// Options of other programs that have no meaning here, accepted so that their command lines run.
struct IgnoredOptions: ParsableArguments {
    @Option(name: [.customLong("regenerate")]) var regenerate: String?
    @Option(name: [.customLong("check_epoch"), .customLong("check-epoch")]) var checkEpoch: String?
    @Option(name: [.customLong("test_epoch")]) var testEpoch: String?
    @Option(name: [.customLong("gpu")]) var gpu: String?
    @Option(name: [.customLong("num_workers")]) var workers: String?
    @Option(name: [.customLong("pin_memory")]) var pinMemory: String?
    @Option(name: [.customLong("eval_batch_size")]) var evaluationBatchSize: String?
    @Option(name: [.customLong("buffer")]) var buffer: String?
    @Option(name: [.customLong("verbose")]) var verbose: String?
}
