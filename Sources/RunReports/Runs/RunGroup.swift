import FileIO
import Training

/// Runs whose configurations differ by the seed alone.
struct RunGroup: Sendable {
    /// By seed, each seed once.
    let runs: [RecordedRun]
    /// Runs of a seed that is in ``runs`` already: to count a training twice would make its deviation too small.
    let repeated: [RecordedRun]

    /// - Parameter runs: of one configuration, at least one.
    fileprivate init(_ runs: [RecordedRun]) {
        var first: [RecordedRun] = []
        var repeated: [RecordedRun] = []
        // A finished one before one that is not.
        for run in runs.filter({ $0.result != nil }) + runs.filter({ $0.result == nil }) {
            if first.contains(where: { $0.seed == run.seed }) { repeated.append(run) } else { first.append(run) }
        }
        self.runs = first.sorted { (UInt64($0.seed) ?? 0) < (UInt64($1.seed) ?? 0) }
        self.repeated = repeated
    }

    /// Those that have come to their end.
    var finished: [RecordedRun] { runs.filter { $0.result != nil } }

    /// Name of the model.
    var model: String { runs[0].model }

    /// Whether there is a training: a model that only counts has one line of metrics, and no loss.
    var isTrained: Bool { !runs.allSatisfy { $0.epochs.count == 1 && $0.epochs[0].loss ?? 0 == 0 } }

    /// All that the runs have in common, by the names of the options.
    var options: [TrainingConfiguration.StoredOption] { runs[0].decidingOptions }

    /// A number of the finished runs.
    func sample(_ value: (RecordedRun) -> Double?) -> Sample? { Sample(finished.compactMap(value)) }

    /// What was measured at the end, over the seeds.
    func metric(_ name: String) -> Sample? { sample { $0.finalMetrics.first { $0.name == name }?.value } }

    /// The same of ranking by popularity, which no seed changes.
    func popularity(_ name: String) -> Double? {
        finished.lazy.compactMap { $0.popularity.first { $0.name == name }?.value }.first
    }

    /// Runs in groups, in the order in which the first of each group comes.
    static func groups(of runs: [RecordedRun]) -> [RunGroup] {
        var groups: [[RecordedRun]] = []
        for run in runs {
            if let index = groups.firstIndex(where: { $0[0].decidingOptions == run.decidingOptions }) {
                groups[index].append(run)
            } else {
                groups.append([run])
            }
        }
        return groups.map(RunGroup.init)
    }
}
