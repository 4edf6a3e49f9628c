import ArgumentParser
import Experiments
import FileIO
import Options
import Training

/// The file of a search or a comparison: read, and looked at before anything is trained.
enum ExperimentFile {
    /// Reads a file.
    ///
    /// - Parameter make: what its content is.
    static func read<File>(_ path: String?, as make: (OptionTree) throws -> File) throws(CommandError) -> File {
        guard let path else { throw CommandError("--config is missing\nname the file that says what to train") }
        do {
            return try make(try OptionTree(contentsOf: path))
        } catch let error as FileError {
            throw CommandError("\(path): cannot be read: \(error.reason)\nname a YAML file that says what to train")
        } catch let error as OptionError {
            throw CommandError(
                exitCode: 65, "\(error.message(path: path))\ntrainer --help and the page on searches have examples")
        } catch {
            throw CommandError(exitCode: 74, "\(path): \(error)")
        }
    }

    /// Refuses options that a training cannot have, with file and line.
    ///
    /// - Parameter groups: options that stand together, no name twice in one of them.
    static func check(_ groups: [[OptionText.Entry]], of path: String) throws(CommandError) {
        for entries in groups {
            let model = entries.first { TrainingConfiguration.name(of: $0.name, model: nil) == "model" }?.value
            for entry in entries { try ConfigurationFile.check(entry, of: path) }
            if let options = try? OptionText(entries) {
                try ConfigurationFile.checkSpelling(of: options, path: path, subcommand: "train")
            }
            for entry in entries { try ConfigurationFile.checkValue(entry, of: path, model: model) }
        }
    }

    /// Options by which others have another default, or which are more than one option.
    private static let deciding: Set = ["model", "recipe", "stage", "pretrain", "loss", "sampling", "max-steps"]

    /// The plan with its metrics, after every candidate has been found possible.
    static func checked(_ plan: ExperimentPlan) throws -> ExperimentPlan {
        var plan = plan
        var first: TrainCommand?
        for (index, candidate) in plan.candidates.enumerated() {
            let job: TrainingJob
            do {
                let names = candidate.chosen.map { TrainingConfiguration.name(of: $0.name, model: first?.model) }
                if let first, plan.leavesTestAlone, Self.deciding.isDisjoint(with: names) {
                    // A command line takes long to read, and a search can have very many trials.
                    let texts = zip(names, candidate.chosen).map { ($0, $1.value ?? "") }
                    job = try first.makeJob(changing: Dictionary(texts) { $1 })
                } else {
                    let command = try TrainCommand.parse(
                        plan.arguments(
                            of: index, seed: plan.seeds[0], leavesTestAlone: plan.leavesTestAlone,
                            output: candidate.folder))
                    first = first ?? command
                    job = try command.makeJob()
                }
            } catch {
                let options = candidate.chosen.map { "--\($0.name) \($0.value ?? "")" }.joined(separator: " ")
                let message = (error as? CommandError)?.description ?? TrainerCommand.message(for: error)
                let exitCode = (error as? CommandError)?.exitCode ?? 64
                throw CommandError(
                    exitCode: exitCode, "\(candidate.folder) (\(options.printable(limit: 300))): \(message)")
            }
            try check(job, plan)
            try check(&plan, candidate, reports: job.configuration)
        }
        return plan
    }

    /// Refuses metrics that a training does not report.
    private static func check(
        _ plan: inout ExperimentPlan, _ candidate: ExperimentPlan.Candidate,
        reports configuration: TrainingConfiguration
    ) throws(CommandError) {
        if plan.metrics.isEmpty, let first = configuration.topK.first { plan.metrics = ["NDCG@\(first)"] }
        let names = names(of: configuration)
        for metric in plan.metrics where !names.contains(metric) {
            let nearest = names.nearest(to: metric).map { "; did you mean \($0)?" } ?? ""
            throw CommandError(
                "there is no metric \(metric.printable(limit: 100)) in \(candidate.folder)\(nearest)\n"
                    + "choose one of \(names.joined(separator: ", ")), or other cut-offs with topk")
        }
    }

    /// Refuses what has no value to compare.
    private static func check(_ job: TrainingJob, _ plan: ExperimentPlan) throws(CommandError) {
        guard job.configuration.trainsOn == .train else {
            throw CommandError("--train-on all leaves nothing to compare trainings by\nleave it out")
        }
        guard Folder.exists(job.configuration.dataRoot) else {
            throw CommandError(
                exitCode: 65,
                "\(job.configuration.dataRoot.printable(limit: 300)): no such folder of data sets\n"
                    + "name it with data-root in the file, or with --data-root")
        }
        if plan.epochs?.count ?? 1 > 1, job.stages.count > 1, !job.pretrainingHasEpochs {
            throw CommandError(
                "halving trains the last stage of \(job.entry.name) on, and the first one as long as at the beginning\n"
                    + "say how long that is, with `pretrain: epochs=20` in fixed, or search one stage")
        }
    }

    /// The metrics that a training of a configuration reports.
    private static func names(of configuration: TrainingConfiguration) -> [String] {
        configuration.topK.flatMap { ["HR@\($0)", "NDCG@\($0)"] }
            + (configuration.measures.contains(.recall) ? configuration.topK.map { "Recall@\($0)" } : [])
            + (configuration.measures.contains(.mrr) ? ["MRR"] : [])
    }
}

extension TrainCommand {
    /// What `trainer train` with these arguments is.
    static func parse(_ arguments: [String]) throws -> TrainCommand {
        let written = try PathSpelling.expand(["train"] + arguments)
        try ArgumentSpelling.refuseRepetition(written)
        let complete = BaMCommandLine.expand(try RecipeArguments.expand(written))
        let command = try TrainerCommand.parseAsRoot(ArgumentSpelling.named(complete))
        guard let train = command as? TrainCommand else { throw CommandError("this is no training\nleave out help") }
        return train
    }
}
