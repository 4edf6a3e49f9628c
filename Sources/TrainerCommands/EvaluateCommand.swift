import ArgumentParser
import Evaluation
import Foundation
import Interactions
import MPI
import Recommenders
import Reporting
import Training

/// `trainer evaluate`.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Ranks dev or test with the parameters of a run or of a safetensors file.",
        discussion: """
            A run knows its model, options and data set. For a safetensors file name them with the options of
            `trainer train`:

              trainer evaluate --checkpoint RUN --split dev --topk 10,20
              trainer evaluate --checkpoint FILE.safetensors \\
                --model ComiRec --dataset NAME
            """)

    @Option(help: "A run's folder or a safetensors file.")
    var checkpoint: String?

    @Option(
        name: [.customLong("model"), .customLong("model_name"), .customLong("model-name")],
        help: "Name of the model, for a file.")
    var model: String?

    @Option(help: "The stage that a file was trained in. (default: the last one)")
    var stage: TrainingStage?

    @Option(help: "The seed of a file's training: models with dynamic routing start it from there. (default: 0)")
    var seed: UInt64?

    @OptionGroup(title: "Data") var data: DataOptions

    @Option(help: "dev or test.")
    var split = SplitOption.test

    @Option(help: "Rank among the stored negatives or among all items. (default: as trained)")
    var evaluation: RankingProtocol?

    @Option(help: "Cut-offs.")
    var topk: CutOffs?

    @Option(
        name: [.customLong("history-scores"), .customLong("history_scores")],
        help: "What the items of a history count for among all items. (default: as trained)")
    var historyScores: HistoryScores?

    @Option(help: "Report beside HR and NDCG: some of \(MeasureList.names). (default: as trained)")
    var measures: MeasureList?

    @Option(
        name: [.customLong("logical-shards"), .customLong("logical_shards")],
        help: "Parts of the users: the most ranks.")
    var logicalShards: Int?

    @OptionGroup(title: "Model, for a file") var arguments: ModelArguments

    @Flag(help: "Print the result object on standard output, and nothing else.")
    var json = false

    enum SplitOption: String, ExpressibleByArgument, CaseIterable {
        case dev, test

        var split: Split { self == .dev ? .dev : .test }
    }

    mutating func run() throws {
        let job = try makeJob()
        let printsJSON = json
        Launcher.run(isQuiet: false) { world, console in
            if let result = try job.run(world: world, console: console) {
                print(printsJSON ? result.json.pretty : result.text, terminator: printsJSON ? "\n" : "")
            }
            return 0
        }
    }

    /// Refuses what only a file needs for a run, and the other way round.
    private func check(isFile: Bool) throws(CommandError) {
        if let logicalShards, !(1...4096).contains(logicalShards) {
            throw CommandError("--logical-shards is \(logicalShards)\nchoose 1 to 4096")
        }
        guard isFile else {
            guard model == nil && stage == nil && seed == nil && arguments.options == ModelOptions() else {
                throw CommandError(
                    "--model, --stage, --seed and the model's options are for a safetensors file\n"
                        + "a run knows them: leave them out")
            }
            return
        }
        guard model != nil else { throw CommandError("--model is missing\na file does not say what it is of") }
        guard data.dataset != nil else { throw CommandError("--dataset is missing\nname a folder in --data-root") }
    }

    /// Tells how a file of PyTorch is converted, before what is missing to evaluate it.
    private func refusePyTorch(_ path: String) throws(CommandError) {
        do throws(SafetensorsError) { _ = try SafetensorsFile(path: path) } catch {
            // Whatever else is wrong with the file is told when it is read.
            guard error.reason == .pyTorch else { return }
            throw CommandError(exitCode: Launcher.exitCode(for: error), error.description)
        }
    }

    private func makeJob() throws -> EvaluationJob {
        guard let checkpoint else {
            throw CommandError("--checkpoint is missing\nname a run's folder or a safetensors file")
        }
        let isFile = SafetensorsFile.isNamed(by: checkpoint)
        if isFile { try refusePyTorch(checkpoint) }
        try check(isFile: isFile)
        do {
            var configuration: TrainingConfiguration
            let file: String
            if isFile {
                file = checkpoint
                configuration = TrainingConfiguration(
                    model: model ?? "", dataRoot: data.root, dataset: data.dataset ?? "", output: "")
                configuration.stage = stage
                configuration.seed = seed ?? configuration.seed
                configuration.options = arguments.options
            } else {
                let folder = RunFolder(checkpoint)
                file = folder.model
                configuration = try folder.readConfiguration(namedBy: "--checkpoint")
                if data.dataRoot != nil || data.pathIsRoot { configuration.dataRoot = data.root }
                configuration.dataset = data.dataset ?? configuration.dataset
            }
            configuration.ranking = evaluation ?? configuration.ranking
            configuration.topK = topk?.values ?? configuration.topK
            configuration.historyScores = historyScores ?? configuration.historyScores
            configuration.measures = measures?.values ?? configuration.measures
            configuration.logicalShards = logicalShards ?? configuration.logicalShards
            return try EvaluationJob(file: file, configuration: configuration, split: split.split)
        } catch let error as TrainingError {
            throw CommandError(exitCode: Launcher.exitCode(for: error), error.description)
        }
    }
}

extension TrainingStage: ExpressibleByArgument {}
