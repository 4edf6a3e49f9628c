import Differentiation
import DistributedOptimizer
import ModelFiles

/// A training whose ranks divide the rows of tables or the moments among themselves: what rank 0 does for all in another
/// one, all ranks do here together, each with its part. All of it is collective.
extension TrainingRun {
    /// How the ranks divide the parameters and the moments; nil where rank 0 has all of them.
    var divided: DividedParameters? {
        guard let division = optimizer.division else { return nil }
        return DividedParameters(
            layout: layout, parameters: division.parameters, moments: division.moments, world: world)
    }

    /// The same where rank 0 has not all parameters, and not only moments are divided.
    var dividedTables: DividedParameters? { optimizer.kept == nil ? nil : divided }

    /// Sets the training to its beginning, or to where a checkpoint left it.
    ///
    /// - Returns: whether it was a checkpoint.
    func prepareParts(_ divided: DividedParameters) throws -> Bool {
        if control.resumes, try restoreParts(divided) { return true }
        try world.collectively { if isRoot || optimizer.kept != nil { try initializeParameters() } }
        try world.collectively { if isRoot { try beginFolder() } }
        return false
    }

    /// Reads the newest checkpoint that is whole.
    ///
    /// - Returns: false where there is none at all.
    private func restoreParts(_ divided: DividedParameters) throws -> Bool {
        var damages: [DamagedCheckpoint] = []
        let steps = try world.broadcast(isRoot ? folder.checkpoints.steps : [], from: 0)
        for step in steps.reversed() {
            let path = folder.checkpoints.file(step: step)
            do {
                let file = try open(path, divided)
                try world.collectively { if isRoot { try refuseDifferences(from: file) } }
                try read(file, divided)
                try world.collectively {
                    guard isRoot else { return }
                    try refuseEarlierEnd()
                    for damage in damages { console.warning("\(damage)\nresuming from step \(step), \(file.path)") }
                    try resume(from: file)
                }
            } catch let damage as DamagedCheckpoint {
                damages.append(damage)
                continue
            }
            if let dividedTables, let kept { try writeModelParts(kept, dividedTables) }
            return true
        }
        try world.collectively { if isRoot, !damages.isEmpty { throw noCheckpointIsLeft(damages) } }
        return false
    }

    private func open(_ path: String, _ divided: DividedParameters) throws -> CheckpointFile {
        var file: CheckpointFile?
        var damage: DamagedCheckpoint?
        do throws(DamagedCheckpoint) {
            let opened = try CheckpointFile(path: path)
            try opened.verifyState(stepsPerEpoch: stepsPerEpoch)
            file = opened
        } catch {
            damage = error
        }
        try divided.agree(on: damage, path)
        guard let file else { preconditionFailure("\(path) is neither whole nor damaged") }
        return file
    }

    private func read(_ file: CheckpointFile, _ divided: DividedParameters) throws {
        try divided.read(.parameters, of: file, into: optimizer.parameters)
        try divided.read(.first, of: file, into: optimizer.moments.first)
        try divided.read(.second, of: file, into: optimizer.moments.second)
        if let average = optimizer.average { try divided.read(.average, of: file, into: average) }
        kept = nil
        if file.hasBest {
            let storage = ParameterStorage(reserving: layout, for: divided.parameters.kept)
            try divided.read(.best, of: file, into: storage.values)
            if isRoot || dividedTables != nil { kept = storage }
        }
        guard isRoot else { return }
        state = file.state
        stopping.restore(results: state.results, bestEpoch: state.bestEpoch)
    }

    /// Keeps the parameters of an epoch where rank 0 says so, and writes them to the file of the model.
    ///
    /// - Parameter isKept: of rank 0 alone.
    func keepParts(_ divided: DividedParameters, isKept: Bool) throws {
        guard try world.broadcast(isKept ? 1 : 0, from: 0) == 1 else { return }
        let part = divided.parameters.kept
        let storage = kept ?? ParameterStorage(reserving: layout, for: part)
        storage.values.copy(from: optimizer.parameters, layout, part)
        kept = storage
        try writeModelParts(storage, divided)
    }

    private func writeModelParts(_ storage: ParameterStorage, _ divided: DividedParameters) throws {
        try divided.writeModel(
            storage.values, to: folder.model,
            isRoot ? ModelFile.frame(layout, ids: idsOfRows, metadata: modelMetadata) : nil
        ) { try fence?.verify() }
    }

    /// Writes a checkpoint where rank 0 finds that one is due.
    ///
    /// - Parameter endsEpoch: whether an epoch is over and ranked, and no step was taken since.
    func writeCheckpointPartsIfDue(_ divided: DividedParameters, endsEpoch: Bool) throws {
        let isDue = try world.collectively {
            guard let checkpoints, !endsEpoch || (state.isEvaluated && state.step > 0) else { return false }
            return try checkpoints.isDue(step: state.step, endsEpoch: endsEpoch)
        }
        guard try world.broadcast(isDue ? 1 : 0, from: 0) == 1 else { return }
        if !endsEpoch { countSeconds() }
        let start = PhaseClock.now
        try writeCheckpointParts(divided)
        if !endsEpoch { copySeconds += Double(PhaseClock.now - start) * 1e-9 }
    }

    /// Writes a checkpoint.
    func writeCheckpointParts(_ divided: DividedParameters) throws {
        let start = PhaseClock.now
        try optimizer.settle()
        var groups: [(group: CheckpointFormat.Group, values: ParameterValues)] = [
            (.parameters, optimizer.parameters), (.first, optimizer.moments.first), (.second, optimizer.moments.second),
        ]
        if let average = optimizer.average { groups.append((.average, average)) }
        // Where the parameters are not divided, rank 0 writes the best ones, and the others take part.
        if try world.broadcast(kept == nil ? 0 : 1, from: 0) == 1 {
            groups.append((.best, kept?.values ?? optimizer.parameters))
        }
        try divided.writeCheckpoint(
            to: isRoot ? folder.checkpoints.file(step: state.step) : "", checkpoints?.description, state, groups
        ) { try fence?.verify() }
        try world.collectively {
            try checkpoints?.noteShared(step: state.step, seconds: Double(PhaseClock.now - start) * 1e-9)
        }
    }
}
