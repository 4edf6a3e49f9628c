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
    /// - Parameter groups: options that stand together.
    static func check(_ groups: [[OptionText.Entry]], of path: String) throws(CommandError) {
        for entries in groups {
            let model = entries.first { TrainingConfiguration.name(of: $0.name, model: nil) == "model" }?.value
            for entry in entries {
                try ConfigurationFile.check(entry, of: path)
                if let text = try? OptionText([entry]) {
                    try ConfigurationFile.checkSpelling(of: text, path: path, subcommand: "train")
                }
                try ConfigurationFile.checkValue(entry, of: path, model: model)
            }
        }
    }

    /// The plan with its metrics, after every candidate has been found possible.
    static func checked(_ plan: ExperimentPlan) throws -> ExperimentPlan {
        var plan = plan
        for (index, candidate) in plan.candidates.enumerated() {
            let job: TrainingJob
            do {
                job = try TrainCommand.job(
                    plan.arguments(
                        of: index, seed: plan.seeds[0], leavesTestAlone: plan.leavesTestAlone, output: candidate.folder)
                )
            } catch {
                let options = candidate.chosen.map { "--\($0.name) \($0.value ?? "")" }.joined(separator: " ")
                let message = (error as? CommandError)?.description ?? TrainerCommand.message(for: error)
                let exitCode = (error as? CommandError)?.exitCode ?? 64
                throw CommandError(
                    exitCode: exitCode, "\(candidate.folder) (\(options.printable(limit: 300))): \(message)")
            }
            try check(job, plan)
            let named = names(of: job.configuration)
            if plan.metrics.isEmpty, job.configuration.topK.count > 0 {
                plan.metrics = ["NDCG@\(job.configuration.topK[0])"]
            }
            for metric in plan.metrics where !named.contains(metric) {
                let nearest = named.nearest(to: metric).map { "; did you mean \($0)?" } ?? ""
                throw CommandError(
                    "there is no metric \(metric.printable(limit: 100)) in \(candidate.folder)\(nearest)\n"
                        + "choose one of \(named.joined(separator: ", ")), or other cut-offs with topk")
            }
        }
        return plan
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
    /// What `trainer train` with these arguments would train.
    static func job(_ arguments: [String]) throws -> TrainingJob {
        let written = try PathSpelling.expand(["train"] + arguments)
        try ArgumentSpelling.refuseRepetition(written)
        let complete = BaMCommandLine.expand(try RecipeArguments.expand(written))
        let command = try TrainerCommand.parseAsRoot(ArgumentSpelling.namingSharedOptions(complete))
        guard let train = command as? TrainCommand else { throw CommandError("this is no training\nleave out help") }
        return try train.makeJob()
    }
}
