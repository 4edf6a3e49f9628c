import Interactions
import Options
import Recommenders
import Reporting
import Training

/// A ranking of dev or test that a command asks for.
struct EvaluationRequest {
    /// Whose parameters are ranked with.
    enum Source {
        /// A run's folder, which knows its configuration.
        case run(String)
        /// A file, and what its parameters are.
        case file(String, TrainingConfiguration)
    }

    let source: Source
    let data: DataOptions
    let split: Split
    /// Values of ranking by the names of options, for those that are not to be as in the training.
    let texts: [String: String]

    /// Ranks on all ranks, and prints the result.
    func run(printsJSON: Bool) throws {
        let job = try makeJob()
        Launcher.run(isQuiet: false) { world, console in
            if let result = try job.run(world: world, console: console) {
                try StandardOutput.write(printsJSON ? result.json.pretty + "\n" : result.text)
            }
            return 0
        }
    }

    private func makeJob() throws(CommandError) -> EvaluationJob {
        do {
            // What is wrong with an option is told before what is wrong with the run.
            var alone = TrainingConfiguration(model: "", dataRoot: "", dataset: "", output: "")
            try alone.set(texts)
            let file: String
            var configuration: TrainingConfiguration
            switch source {
            case .file(let path, let own): (file, configuration) = (path, own)
            case .run(let path):
                let folder = RunFolder(path)
                file = folder.model
                configuration = try folder.readConfigurationFromHere(namedBy: "--checkpoint")
                if data.dataRoot != nil || data.pathIsRoot { configuration.dataRoot = data.root }
                configuration.dataset = data.dataset ?? configuration.dataset
                guard configuration.trainsOn == .train || data.dataset != nil else {
                    throw TrainingError(
                        .usage,
                        "\(path) was trained on all interactions of \(configuration.dataset), the ranked ones too",
                        recoverySuggestion: "rank the run whose epochs it took, or name later data with --dataset")
                }
                configuration.trainsOn = .train
            }
            try configuration.set(texts)
            return try EvaluationJob(file: file, configuration: configuration, split: split)
        } catch {
            throw CommandError(exitCode: Launcher.exitCode(for: error), "\(error)")
        }
    }
}
