import FileIO
import Options
import Training

/// What is known of all trainings of an experiment, read from their files.
package struct ExperimentResults: Sendable {
    /// What is trained, and how far.
    package let plan: ExperimentPlan
    /// The folder of the experiment.
    package let folder: String
    /// What has come out so far, and what is to be done next.
    package private(set) var schedule: HalvingSchedule

    /// - Parameter folder: of the experiment, which need not be there.
    package init(_ plan: ExperimentPlan, in folder: String) {
        self.plan = plan
        self.folder = folder
        schedule = plan.schedule
        refresh()
    }

    /// The files of a training.
    package func files(of run: ExperimentPlan.Run) -> TrialFiles { TrialFiles(folder + "/" + plan.folder(of: run)) }

    /// The trainings of a candidate.
    package func runs(of candidate: Int) -> [ExperimentPlan.Run] {
        plan.seeds.indices.map { ExperimentPlan.Run(candidate: candidate, seed: $0) }
    }

    /// How far a rung trains; nil: as long as the options say.
    package func epochs(of rung: Int) -> Int? { plan.epochs?[rung] }

    /// Reads what has come to its end since the last look.
    package mutating func refresh() {
        var isChanged = true
        // What is found can promote candidates that have got further already.
        while isChanged {
            isChanged = false
            for job in schedule.jobs {
                guard let outcome = outcome(of: job) else { continue }
                schedule[job.candidate, job.rung] = outcome
                isChanged = true
            }
        }
    }

    /// The mean over the seeds, once all have come to their end.
    private func outcome(of job: HalvingSchedule.Job) -> RungOutcome? {
        var sum = 0.0
        var hasFailed = false
        for run in runs(of: job.candidate) {
            let files = files(of: run)
            guard let end = files.end(of: epochs(of: job.rung)) else { return nil }
            switch end {
            case .failed: hasFailed = true
            case .finished:
                guard let value = value(of: plan.metrics[0], in: files, rung: job.rung) else {
                    hasFailed = true
                    continue
                }
                sum += value
            }
        }
        return hasFailed ? .failed : .value(sum / Double(plan.seeds.count))
    }

    /// A metric of a training at a rung: on dev, or on test where test is ranked.
    func value(of metric: String, in files: TrialFiles, rung: Int) -> Double? {
        plan.leavesTestAlone
            ? files.devValue(of: metric, epochs: epochs(of: rung)) : files.testValue(of: metric)
    }

    /// Whether a training is to be done for a job.
    package func isOpen(_ run: ExperimentPlan.Run, rung: Int) -> Bool {
        files(of: run).end(of: epochs(of: rung)) == nil
    }

    /// Trainings that failed, with how they did.
    package var failures: [(run: ExperimentPlan.Run, failure: TrialFiles.Failure)] {
        plan.candidates.indices.flatMap { candidate in
            runs(of: candidate).compactMap { run in files(of: run).failure.map { (run, $0) } }
        }
    }

    /// Epochs and their seconds that were trained so far, over all trainings.
    package var trained: (epochs: Int, seconds: Double) {
        plan.candidates.indices.flatMap(runs(of:)).reduce(into: (epochs: 0, seconds: 0)) { sum, run in
            let epochs = files(of: run).epochs()
            sum.epochs += epochs.count
            sum.seconds += epochs.reduce(0) { $0 + $1.seconds }
        }
    }
}
