import Differentiation
import DistributedOptimizer
import FileIO
import Foundation
import KernelCore
import MPI

/// Where a run begins, and how it stops so that it can be resumed.
extension TrainingRun {
    /// What the folder's training found, where it has come to its end by the same options on the same data. Collective.
    ///
    /// Throws where it is the result of another training.
    ///
    /// - Parameter isLast: whether ``RunControl/extends`` is about this run; an earlier stage ends where it ended.
    func finished(isLast: Bool) throws -> FinishedRun? {
        let run: FinishedRun? = try world.collectively {
            guard isRoot, let text = try? String(contentsOfFile: folder.result, encoding: .utf8) else { return nil }
            let json: JSONValue
            do { json = try JSONValue(parsing: text) } catch {
                throw TrainingError(
                    .data, "\(folder.result): not JSON: \(error)",
                    recoverySuggestion: "delete the file to resume from the last checkpoint")
            }
            guard json["data"] == data.fingerprint.json else {
                throw TrainingError(
                    .data, "\(data.folder) is not the data set that \(folder.path) was trained on",
                    recoverySuggestion: "restore the data set, or begin a new training in another --out")
            }
            let differences = try folder.differences(from: configuration)
            try differences.refuse(accepting: control.extends, path: folder.path)
            guard isLast, !differences.changes.isEmpty else { return FinishedRun(stored: json) }
            guard !folder.checkpoints.steps.isEmpty else {
                throw TrainingError(
                    .usage, "\(folder.path) has no checkpoint to resume from",
                    recoverySuggestion: "begin a new training in another --out, without --checkpoint-every 0")
            }
            return nil
        }
        let isFinished = try world.broadcast(run == nil ? 0 : 1, from: 0) == 1
        guard isFinished else { return nil }
        try optimizer.close()
        return run ?? FinishedRun(stored: .null)
    }

    /// Sets the training to its beginning, or to where a checkpoint left it. Collective.
    func prepare() throws {
        stalls.note(.writing, step: 0)
        let isResumed: Bool
        if let divided {
            isResumed = try prepareParts(divided)
        } else {
            // Rank 0 reads or draws all numbers; the others get them below.
            isResumed = try world.collectively {
                guard isRoot else { return false }
                if control.resumes, try restore() { return true }
                try initializeParameters()
                try beginFolder()
                return false
            }
        }
        try world.collectively {
            guard isRoot else { return }
            let data = String(decoding: try JSONEncoder().encode(self.data.fingerprint), as: UTF8.self)
            guard let fence else { return }
            let description = CheckpointDescription(
                configuration: configuration.text.text, data: data, instructionSet: InstructionSet.builtFor)
            checkpoints = CheckpointWriter(
                control.checkpoints, description, folder: folder.checkpoints, fence: fence, layout: layout,
                lastStep: state.step, hasAverage: optimizer.average != nil)
        }
        // What the other ranks have to know of where the training is.
        let counts = [isResumed ? 1 : 0, state.step, state.epoch, state.stepsOfEpoch, state.results.count]
        let shared = try world.broadcast(counts, from: 0)
        (state.step, state.epoch, state.stepsOfEpoch, evaluatedEpochs) = (shared[1], shared[2], shared[3], shared[4])
        if shared[0] == 1 { try optimizer.broadcastState() } else { try optimizer.broadcastParameters() }
    }

    /// Rank 0, or every rank of those that divide tables: the parameters that the training begins with.
    func initializeParameters() throws {
        optimizer.parameters.initialize(layout, optimizer.kept, seed: configuration.seed)
        if let source = configuration.warmStart {
            let start = try WarmStart(
                source, into: optimizer.parameters, layout, of: model, configuration, data: data)
            start.tell(from: source, on: console)
        }
        if let prefix = entry.staging.inheritedPrefix, let extractor = configuration.extractor {
            try PretrainedParameters.read(
                extractor, prefix, into: optimizer.parameters, layout, part: optimizer.kept, configuration,
                itemIds: data.itemIds)
        }
    }

    /// Rank 0: an empty folder.
    func beginFolder() throws {
        if entry.staging.inheritedPrefix != nil, let extractor = configuration.extractor,
            folder.holdsArtifacts(of: extractor)
        {
            try folder.pretrain.refuseOtherFiles(overwrites: control.overwrites)
            try fence?.begin()
            let kept = try RunFence(claiming: folder.pretrain)
            defer { kept.release() }
            try kept.begin()
            try folder.keepAsPretrained()
            configuration.extractor = folder.pretrain.path
        }
        try fence?.begin()
        try folder.create()
        try folder.removeArtifacts()
        try folder.write(configuration)
        log = try MetricsLog(creating: folder.metrics)
        try beginEvents()
    }

    /// Rank 0: parameters, moments and state of the newest checkpoint that is whole.
    ///
    /// - Returns: false where there is none at all.
    private func restore() throws -> Bool {
        var damages: [DamagedCheckpoint] = []
        for step in folder.checkpoints.steps.reversed() {
            let file: CheckpointFile
            do throws(DamagedCheckpoint) {
                file = try CheckpointFile(path: folder.checkpoints.file(step: step))
            } catch {
                damages.append(error)
                continue
            }
            try refuseDifferences(from: file)
            do throws(DamagedCheckpoint) { try read(file) } catch {
                damages.append(error)
                continue
            }
            try refuseEarlierEnd()
            for damage in damages { console.warning("\(damage)\nresuming from step \(step), \(file.path)") }
            try resume(from: file)
            return true
        }
        guard !damages.isEmpty else { return false }
        throw noCheckpointIsLeft(damages)
    }

    func noCheckpointIsLeft(_ damages: [DamagedCheckpoint]) -> TrainingError {
        TrainingError(
            .data, damages.map(\.description).joined(separator: "\n"),
            recoverySuggestion:
                "no checkpoint is left to resume from: begin again with --overwrite, or copy a good one to "
                + folder.checkpoints.path)
    }

    /// Refuses a checkpoint of another training.
    func refuseDifferences(from file: CheckpointFile) throws {
        let other = data.fingerprint.differences(from: file.data)
        guard other.isEmpty else {
            throw TrainingError(
                .data, "\(data.folder) is not the data set of \(file.path): \(other.joined(separator: ", "))",
                recoverySuggestion: "restore the data set, or begin a new training in another --out")
        }
        try ResumeDifferences(now: configuration, before: file.configuration)
            .refuse(accepting: control.extends, path: file.path)
    }

    private func read(_ file: CheckpointFile) throws(DamagedCheckpoint) {
        try file.verifyState(stepsPerEpoch: stepsPerEpoch)
        try file.read(.parameters, into: optimizer.parameters, layout)
        try file.read(.first, into: optimizer.moments.first, layout)
        try file.read(.second, into: optimizer.moments.second, layout)
        if let average = optimizer.average { try file.read(.average, into: average, layout) }
        kept = nil
        if file.hasBest {
            let storage = ParameterStorage(layout)
            try file.read(.best, into: storage.values, layout)
            kept = storage
        }
        state = file.state
        stopping.restore(results: state.results, bestEpoch: state.bestEpoch)
    }

    /// Refuses limits by which the training would have ended before the checkpoint that was read.
    func refuseEarlierEnd() throws(TrainingError) {
        let limit: String
        if state.epoch > configuration.epochs {
            limit = "--epochs \(configuration.epochs)"
        } else if let maxSteps = configuration.maxSteps, state.step > maxSteps {
            limit = "--max-steps \(maxSteps)"
        } else if let end = stopping.firstEnd, end < state.epoch {
            limit = "--early-stop \(stopping.notRising) and --patience \(stopping.patience), after epoch \(end)"
        } else {
            return
        }
        throw TrainingError(
            .usage,
            "the training in \(folder.path) has done step \(state.step) in epoch \(state.epoch), and would have ended "
                + "before by \(limit)",
            recoverySuggestion: "give limits that are not below what is done, or begin a new training in another --out")
    }

    /// Brings the folder to the state of the checkpoint, and begins to write from there.
    func resume(from file: CheckpointFile) throws {
        let isCut = state.isEvaluated && state.stepsOfEpoch < stepsPerEpoch
        guard !isCut || configuration.maxSteps.map({ state.step >= $0 }) ?? false else {
            throw TrainingError(
                .usage, "\(folder.path) ended in the middle of epoch \(state.epoch) and has evaluated it",
                recoverySuggestion: "a training of more steps has to begin anew: choose another --out")
        }
        if !InstructionSet.agree(file.instructionSet, InstructionSet.builtFor) {
            let other = file.instructionSet.isEmpty ? "an older version" : file.instructionSet.printable()
            console.warning(
                "\(file.path) was computed by kernels for \(other), and this program's are for \(InstructionSet.builtFor)\n"
                    + "the last bits of the result can differ from those of a training by one of them alone")
        }
        try fence?.begin()
        try folder.create()
        try folder.checkpoints.removeBeyond(state.step)
        try folder.removeResult()
        try folder.write(configuration)
        try AtomicFile.write(state.log.map { $0 + "\n" }.joined(), to: folder.metrics)
        log = try MetricsLog(resuming: folder.metrics, lines: state.log.count)
        try resumeEvents()
        if dividedTables == nil, let kept { try writeModel(kept) }
        console.info("resuming from step \(state.step) in epoch \(state.epoch), \(file.path)")
    }

    /// Asked from time to time by an evaluation.
    var isEvaluationAbandoned: () -> Bool {
        { [stalls, control, metrics = observation?.metrics, step = state.step] in
            stalls.note(.evaluating, step: step)
            if let metrics, metrics.isDue(.evaluating) { metrics.update(.evaluating) }
            return control.stop.isMade
        }
    }

    /// Writes a checkpoint and waits for it. Collective.
    func writeCheckpoint() throws {
        stalls.note(.writing, step: state.step)
        let span = isRoot ? observation?.timeline?.open(.checkpoint, number: state.step) : nil
        defer { if let span { observation?.timeline?.close(span) } }
        if let divided { return try writeCheckpointParts(divided) }
        try world.collectively {
            try checkpoints?.write(
                state, parameters: optimizer.parameters, moments: optimizer.moments,
                average: optimizer.average, pending: optimizer.deferral?.pending, best: kept)
        }
    }

    /// Begins to write a checkpoint where one is due, on rank 0 alone: what it copies does not change before this rank
    /// takes part in the next step. Collective where the ranks divide anything: then all write it together.
    func writeCheckpointIfDue() throws {
        try fence?.verifyQuickly()
        if let divided { return try writeCheckpointPartsIfDue(divided, endsEpoch: false) }
        guard let checkpoints, try checkpoints.isDue(step: state.step) else { return }
        countSeconds()
        let start = PhaseClock.now
        try begin(checkpoints)
        copySeconds += Double(PhaseClock.now - start) * 1e-9
    }

    /// Begins to write the first checkpoint of the training where its first epoch is over, on rank 0 alone. Collective where
    /// the ranks divide anything.
    func writeFirstCheckpoint() throws {
        if let divided { return try writeCheckpointPartsIfDue(divided, endsEpoch: true) }
        guard state.isEvaluated, state.step > 0, let checkpoints,
            try checkpoints.isDue(step: state.step, endsEpoch: true)
        else { return }
        try begin(checkpoints)
    }

    private func begin(_ checkpoints: CheckpointWriter) throws {
        let span = observation?.timeline?.open(.checkpoint, number: state.step)
        defer { if let span { observation?.timeline?.close(span) } }
        try checkpoints.begin(
            state, parameters: optimizer.parameters, moments: optimizer.moments,
            average: optimizer.average, pending: optimizer.deferral?.pending, best: kept)
    }

    /// Leaves a checkpoint to resume from, after at least one rank was asked to stop. Collective.
    func stop() throws -> RunOutcome {
        progress.finish()
        // The clocks of the ranks differ: this one's time may not be over yet, or it has got no signal.
        let code = try world.allReduce(StopReason.code(of: control.stop.reason), .maximum)
        guard let reason = StopReason(code: code) else { preconditionFailure("nobody was asked to stop") }
        // Together, as somebody may have given only seconds.
        try optimizer.settle()
        try writeCheckpoint()
        noteValues()
        try writeTrace()
        try optimizer.close()
        return .stopped(reason, step: state.step)
    }
}
