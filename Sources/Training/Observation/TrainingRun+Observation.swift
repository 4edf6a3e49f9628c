import DistributedOptimizer
import Evaluation
import FileIO
import MPI

/// What a training tells while it runs.
extension TrainingRun {
    /// Rank 0: begins the event files.
    func beginEvents() throws(FileError) {
        if control.writesTensorBoard { events = try TensorBoardLog(creating: folder.tensorBoard) }
    }

    /// Rank 0: continues the event files and the diagnosis from where the checkpoint was.
    func resumeEvents() throws(FileError) {
        // A line that is no JSON is told of by nobody: it is as the checkpoint has it.
        let lines = state.log.compactMap { try? JSONValue(parsing: $0) }
        for line in lines { _ = diagnosis.add(line) }
        if control.writesTensorBoard {
            events = try TensorBoardLog(resuming: folder.tensorBoard, lines: lines)
        } else {
            // What an earlier command has written must not go beyond the checkpoint.
            try TensorBoardLog.cut(folder.tensorBoard, beyond: lines.last.map(EpochSummary.step(of:)) ?? 0)
        }
    }

    /// Rank 0: adds an epoch to the event files.
    func addEvents(of line: JSONValue) throws {
        guard let events else { return }
        var summary = EpochSummary(line: line)
        let division = optimizer.division
        summary.add(
            parameters: optimizer.parameters, second: optimizer.moments.second,
            layout.specifications.filter { !(division?.parameters.isDivided($0.parameter) ?? false) },
            step: state.step
        ) { !(division?.moments.isDivided($0) ?? false) }
        try events.append(summary)
    }

    /// Rank 0: tells what the training is at, where it is time.
    func publish(_ activity: MetricsFile.State) {
        guard let file = observation?.metrics, file.isDue(activity) else { return }
        noteValues()
        file.update(activity)
    }

    /// Rank 0: notes how far the training is, for the next time that something is told.
    func noteValues() {
        guard let file = observation?.metrics else { return }
        file.values.model = entry.name
        file.values.dataset = data.name
        file.values.stage = configuration.stage?.rawValue ?? ""
        file.values.epoch = state.epoch
        file.values.steps = state.step
        file.values.samples = state.samples
        file.values.stepSeconds = state.trainSeconds + uncountedSeconds
        let seconds = state.epochSeconds + uncountedSeconds
        if state.epochSamples > 0 {
            file.values.loss = state.epochLoss / Double(state.epochSamples)
            file.values.samplesPerSecond = seconds > 0 ? Double(state.epochSamples) / seconds : nil
        }
        file.values.learningRate = replica.adam.learningRate(at: max(state.step, 1))
        file.values.bestEpoch = stopping.bestEpoch > 0 ? stopping.bestEpoch : nil
        if let written = checkpoints?.written {
            (file.values.checkpointStep, file.values.checkpointTime) = (written.step, written.time)
        }
    }

    /// Rank 0: notes what an epoch has found, for the next time that something is told.
    func noteFindings(_ metrics: RankingMetrics) {
        guard let file = observation?.metrics else { return }
        file.values.dev = data.hasDev ? metrics.named : []
        file.values.interestEntropy = metrics.interests?.trueItem?.entropy
        file.values.interestCosine = metrics.interests?.cosine
    }

    /// Writes the timelines since the last time. Collective.
    func writeTrace() throws {
        guard observation?.timeline != nil else { return }
        try observation?.writeTrace(checkpoints?.takeEvents() ?? [])
    }
}
