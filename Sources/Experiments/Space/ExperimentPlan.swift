import FileIO
import Options
import Training

/// Many trainings that belong together, resolved: what is trained, and how far.
package struct ExperimentPlan: Sendable {
    /// One set of options, trained with each of the seeds.
    package struct Candidate: Sendable {
        /// Its folder in that of the experiment: `trials/003`, `games/SASRec`.
        package let folder: String
        /// What it is called in tables: `3`, `SASRec`.
        package let label: String
        /// All of its options but the seed, the folder and what the experiment adds.
        package let options: [OptionText.Entry]
        /// Those of its options that others have otherwise, in the order of the space.
        package let chosen: [OptionText.Entry]
    }

    /// `grid`, `random`, `halving` or `comparison`.
    package let method: String
    /// In the order of their numbers.
    package let candidates: [Candidate]
    /// The seeds of the trainings of each candidate.
    package let seeds: [UInt64]
    /// Epochs of the rungs of successive halving; nil: one rung, as long as the options say.
    package let epochs: [Int]?
    /// One of so many is promoted to the next rung.
    package let factor: Int
    /// Whether test is left alone.
    package let leavesTestAlone: Bool
    /// The metrics that count, the first before all; filled in where the file has none.
    package var metrics: [String]

    /// The schedule before anything is known.
    package var schedule: HalvingSchedule {
        HalvingSchedule(candidates: candidates.count, rungs: epochs?.count ?? 1, factor: factor)
    }

    /// One of the trainings: a candidate with a seed.
    package struct Run: Hashable, Sendable {
        /// From 0.
        package let candidate: Int
        /// The index of its seed in ``ExperimentPlan/seeds``.
        package let seed: Int
    }

    /// The folder of a training in that of the experiment.
    package func folder(of run: Run) -> String { "\(candidates[run.candidate].folder)/seed-\(seeds[run.seed])" }

    /// Options of `trainer train` for a candidate, as `--name=value`.
    ///
    /// - Parameters:
    ///   - rung: how far it is trained; nil for the last one.
    ///   - leavesTestAlone: whether test is not ranked.
    package func arguments(
        of candidate: Int, seed: UInt64, rung: Int? = nil, leavesTestAlone: Bool, output: String
    ) -> [String] {
        var arguments = candidates[candidate].options.compactMap { entry in
            entry.name.replacing("_", with: "-") == "dev-only" ? nil : "--\(entry.name)=\(entry.value ?? "")"
        }
        if let epochs { arguments.append("--epochs=\(epochs[rung ?? epochs.count - 1])") }
        if leavesTestAlone { arguments.append("--dev-only=1") }
        return arguments + ["--seed=\(seed)", "--out=\(output)"]
    }

    /// What tells the experiment from another one in the same folder.
    package var fingerprint: JSONValue {
        [
            "method": .string(method), "metrics": .array(metrics.map { .string($0) }),
            "epochs": epochs.map { .array($0.map { .integer($0) }) } ?? .null, "factor": .integer(factor),
            "seeds": .array(seeds.map { .string(String($0)) }),
            "trials": .array(
                candidates.map { candidate in
                    [
                        "folder": .string(candidate.folder),
                        "options": .object(
                            candidate.options.filter { $0.name != "data-root" }.map {
                                JSONValue.Member($0.name, .string($0.value ?? ""))
                            }),
                    ]
                }),
        ]
    }
}

extension ExperimentPlan {
    /// The trials of a search.
    ///
    /// - Parameter dataRoot: in the place of that of the file; nil: as the file says.
    package init(_ file: SearchFile, dataRoot: String? = nil) throws(OptionError) {
        let names = file.space.parameters.map(\.name)
        let drawn = file.trials.map { file.space.draw($0, seed: file.seed) } ?? file.space.grid()
        guard let values = drawn else {
            throw OptionError(line: nil, reason: "the space has fewer different trials than are to be drawn")
        }
        let width = max(3, String(max(values.count - 1, 0)).count)
        let fixed = Self.replacing(file.fixed, dataRoot)
        candidates = values.enumerated().map { index, values in
            let chosen = zip(names, values).map { OptionText.Entry(name: $0, value: $1) }
            let digits = String(index)
            return Candidate(
                folder: "trials/" + String(repeating: "0", count: width - digits.count) + digits, label: digits,
                options: fixed + chosen, chosen: chosen)
        }
        method = file.method.rawValue
        seeds = file.seeds
        epochs = file.rungs?.epochs
        factor = file.rungs?.factor ?? 2
        leavesTestAlone = true
        metrics = file.metric.map { [$0] } ?? []
    }

    /// The trainings of a comparison: the models of the first data set, then those of the next one.
    ///
    /// - Parameter dataRoot: in the place of that of the file; nil: as the file says.
    package init(_ file: ComparisonFile, dataRoot: String? = nil) throws(OptionError) {
        let fixed = Self.replacing(file.fixed, dataRoot)
        var folders: Set<String> = []
        var candidates: [Candidate] = []
        for dataset in file.datasets {
            let name = dataset.split(separator: "/").filter { $0 != "." && $0 != ".." }.joined(separator: "-")
            guard ComparisonFile.isFolderName(name), folders.insert(name).inserted else {
                throw OptionError(line: nil, reason: "datasets: \(dataset) cannot be the name of a folder of its own")
            }
            candidates += file.models.map { model in
                let own = Set(model.options.map { TrainingConfiguration.name(of: $0.name, model: nil) })
                let shared = fixed.filter { !own.contains(TrainingConfiguration.name(of: $0.name, model: nil)) }
                let data = OptionText.Entry(name: "dataset", value: dataset)
                return Candidate(
                    folder: name + "/" + model.label, label: model.label, options: shared + [data] + model.options,
                    chosen: [data] + model.options)
            }
        }
        self.candidates = candidates
        method = "comparison"
        seeds = file.seeds
        epochs = nil
        factor = 2
        leavesTestAlone = false
        metrics = file.metrics
    }

    private static func replacing(_ fixed: [OptionText.Entry], _ dataRoot: String?) -> [OptionText.Entry] {
        guard let dataRoot else { return fixed }
        return fixed.filter { $0.name.replacing("_", with: "-") != "data-root" }
            + [OptionText.Entry(name: "data-root", value: dataRoot)]
    }
}
