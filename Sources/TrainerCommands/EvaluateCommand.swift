import ArgumentParser
import Evaluation
import Foundation
import Interactions
import MPI
import ModelFiles
import Recommenders
import Training

/// `trainer evaluate`.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Ranks dev or test with the parameters of a run or of a safetensors file.",
        usage: "trainer evaluate --checkpoint <checkpoint> [<options>]",
        discussion: """
            A run knows its model, options and data set. For a safetensors file name them with the options of \
            `trainer train`:

              trainer evaluate --checkpoint RUN --split dev --topk 10,20
              trainer evaluate --checkpoint FILE.safetensors \\
                --model ComiRec --dataset NAME

            `trainer evaluate --model NAME --help` has the options of a model.
            """)

    @Option(help: "A run's folder or a safetensors file.", completion: .file())
    var checkpoint: String?

    @Option(name: .field("model"), help: "Name of the model, for a file.")
    var model: String?

    @Option(help: "The stage that a file was trained in. (default: the last one)")
    var stage: TrainingStage?

    @Option(help: "The seed of a file's training: models with dynamic routing start it from there. (default: 0)")
    var seed: UInt64?

    @OptionGroup(title: "Data") var data: DataOptions

    @Option(help: "dev or test.")
    var split = SplitOption.test

    @OptionGroup(title: "Ranking, as in the training if not named") var ranking: DeclaredOptions<EvaluationGroup>

    @OptionGroup(title: "Model, for a file") var hyperparameters: DeclaredOptions<ModelGroup>

    @OptionGroup(title: "Model, for a file") var score: DeclaredOptions<ScoreGroup>

    @Flag(help: "Print the result object on standard output, and nothing else.")
    var json = false

    enum SplitOption: String, ExpressibleByArgument, CaseIterable {
        case dev, test

        var split: Split { self == .dev ? .dev : .test }
    }

    mutating func run() throws {
        guard let checkpoint else {
            throw CommandError("--checkpoint is missing\nname a run's folder or a safetensors file")
        }
        let isFile = SafetensorsFile.isNamed(by: checkpoint)
        if isFile { try refusePyTorch(checkpoint) }
        let source = isFile ? try file(checkpoint) : try run(checkpoint)
        let request = EvaluationRequest(source: source, data: data, split: split.split, texts: ranking.texts)
        try request.run(printsJSON: json)
    }

    /// A run, for which nothing may be chosen that it knows.
    private func run(_ path: String) throws(CommandError) -> EvaluationRequest.Source {
        guard model == nil && stage == nil && seed == nil && hyperparameters.texts.isEmpty && score.texts.isEmpty
        else {
            throw CommandError(
                "--model, --stage, --seed, --score and the model's options are for a safetensors file\n"
                    + "a run knows them: leave them out")
        }
        return .run(path)
    }

    /// A file, for which all must be chosen.
    private func file(_ path: String) throws(CommandError) -> EvaluationRequest.Source {
        guard let model else { throw CommandError("--model is missing\na file does not say what it is of") }
        guard data.dataset != nil else { throw CommandError("--dataset is missing\nname a folder in --data-root") }
        var configuration = try TrainingConfiguration(
            commandLine: [hyperparameters.texts, score.texts], model: model, data: data)
        configuration.stage = stage
        configuration.seed = seed ?? configuration.seed
        return .file(path, configuration)
    }

    /// Tells how a file of PyTorch is converted, before what is missing to evaluate it.
    private func refusePyTorch(_ path: String) throws(CommandError) {
        do throws(SafetensorsError) { _ = try SafetensorsFile(path: path) } catch {
            // Whatever else is wrong with the file is told when it is read.
            guard error.reason == .pyTorch else { return }
            throw CommandError(exitCode: Launcher.exitCode(for: error), error.description)
        }
    }
}
