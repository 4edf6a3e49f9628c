import Evaluation
import Foundation
import Interactions
import KernelCore
import MPI
import Recommenders
import Reporting

/// What was asked for: a model in one of its stages, or in all of them one after the other.
public enum StageSelection: Sendable, Equatable {
    /// Every stage of the model; for a model without stages, its one training.
    case all
    /// One stage, which the model must have.
    case only(TrainingStage)
}

/// All runs that a command asks for, on one reading of the data.
public struct TrainingJob: Sendable {
    /// What the command asks for, without options that the model has no use for; each stage gets a copy of its own.
    package let configuration: TrainingConfiguration
    /// The folder of the run.
    public var output: String { configuration.output }
    /// The model, with what can be known of it before it is built.
    package let entry: RecommenderEntry
    /// The stages to train, in their order; a single nil for a model without stages.
    package let stages: [TrainingStage?]
    /// The configuration of the stage `pretrain`.
    private let pretraining: TrainingConfiguration
    private let hasUnusedPretraining: Bool
    /// What the command gives to the stage `pretrain` alone.
    let pretrainingOptions: StageOptions
    /// Options of the command that the model has no use for.
    let unusedOptions: [String]

    /// - Parameters:
    ///   - configuration: complete but for the stage.
    ///   - stage: all, or one that the model has.
    ///   - pretraining: what the stage `pretrain` has to itself.
    public init(
        _ configuration: TrainingConfiguration, stage: StageSelection, pretraining: StageOptions = StageOptions()
    ) throws(TrainingError) {
        try configuration.validate()
        let entry = try configuration.entry
        self.entry = entry
        var configuration = configuration
        configuration.model = entry.name
        unusedOptions = try configuration.leaveOutUnused(by: entry)
        self.configuration = configuration
        switch stage {
        case .all: stages = entry.stages.isEmpty ? [nil] : entry.stages
        case .only(let stage) where entry.stages.contains(stage): stages = [stage]
        case .only(let stage):
            throw TrainingError(
                .usage, "\(entry.name) has no stage \(stage.rawValue)", recoverySuggestion: "leave --stage out")
        }
        try configuration.validateSampling()
        try configuration.checkObjective(of: entry, in: stages)
        if configuration.extractor != nil && stages != [.finetune] {
            throw TrainingError(
                .usage, "--extractor is for the stage finetune alone",
                recoverySuggestion: "add --stage finetune, or leave it out")
        }
        self.pretraining = try Self.pretrainingConfiguration(configuration, pretraining, entry)
        pretrainingOptions = pretraining
        hasUnusedPretraining = !pretraining.isEmpty && !stages.contains(.pretrain)
    }

    /// The configuration with what the stage `pretrain` has to itself.
    private static func pretrainingConfiguration(
        _ configuration: TrainingConfiguration, _ options: StageOptions, _ entry: RecommenderEntry
    ) throws(TrainingError) -> TrainingConfiguration {
        guard !options.isEmpty else { return configuration }
        guard entry.stages.contains(.pretrain) else {
            throw TrainingError(
                .usage, "--pretrain is for models with a stage pretrain, and \(entry.name) has none",
                recoverySuggestion: "leave it out, and give the options by themselves")
        }
        var own = try options.applied(to: configuration)
        own.stage = .pretrain
        do {
            try own.validate()
            try own.validateSampling()
            try own.checkObjective(of: entry, in: [.pretrain])
        } catch {
            throw TrainingError(
                error.kind, "with --pretrain: \(error.problem)", recoverySuggestion: error.recoverySuggestion)
        }
        return own
    }

    /// Reads the data and trains stage by stage. Collective.
    ///
    /// - Returns: the result of the last stage at rank 0, nil elsewhere.
    public func run(
        world: Communicator, console: Console, control: RunControl = RunControl()
    ) throws -> RunOutcome {
        try Kernel.flushingSubnormals { try train(world: world, console: console, control: control) }
    }

    private func train(world: Communicator, console: Console, control: RunControl) throws -> RunOutcome {
        // Options that do nothing here.
        entry.warn(ofUnused: unusedOptions, on: console)
        var tested = configuration
        tested.stage = stages.last ?? nil
        tested.warnOfMissingInterests(of: entry, on: console)
        if hasUnusedPretraining {
            console.warning(
                "--pretrain has no part in this: the stage pretrain is not trained\n"
                    + "the result is that of a command without")
        }
        try world.collectively {
            guard world.rank == 0, !control.resumes, let source = configuration.warmStart else { return }
            var first = configuration
            first.stage = stages.first ?? nil
            try WarmStart.check(source, first)
        }
        let stalls = try StallDetector(limit: control.stallLimit, world: world)
        let fence = try claimRun(configuration.output, control, stalls, world, console)
        defer { fence?.release() }
        // Its files may be in the folder of the run, which must not look like that of others before it is claimed.
        let observation = try TrainingObservation(control, run: configuration.output, world: world, console: console)
        do {
            let outcome = try trainStages(control, fence, stalls, observation, world, console)
            if case .finished = outcome { observation.end(.finished) } else { observation.end(.stopped) }
            return outcome
        } catch {
            observation.fail()
            throw error
        }
    }

    private func trainStages(
        _ control: RunControl, _ fence: RunFence?, _ stalls: StallDetector, _ observation: TrainingObservation,
        _ world: Communicator, _ console: Console
    ) throws -> RunOutcome {
        stalls.note(.readingData, step: 0)
        let data = try TrainingData(
            folder: configuration.dataFolder, kind: entry.training.samples, shardCount: configuration.logicalShards,
            windows: configuration.windows, drawsNegatives: drawsNegatives, needsGraph: entry.needs.contains(.graph),
            neighbours: configuration.countedNeighbours, trainsOn: configuration.trainsOn,
            earlier: try earlierNumbers(control, world: world), world: world)
        console.info(
            "\(data.name): \(NumberText.grouped(data.userCount)) users, \(NumberText.grouped(data.itemCount)) items, "
                + "\(NumberText.grouped(data.shards.sampleCount)) \(configuration.targets == .all ? "windows" : "samples"); \(world.size) of at most "
                + "\(configuration.logicalShards) ranks")
        if let holes = data.holesInIds { console.info(holes) }
        data.warnings.forEach(console.warning)
        if entry.needs.contains(.times) && !data.store.hasTimes {
            console.warning(
                "\(data.name) has no times: \(entry.name) takes the number of items between two for the time between them"
            )
        }
        if data.trainsOn == .all {
            console.info("all interactions are trained on, those of dev and test too: nothing is ranked")
        } else if !data.hasDev {
            console.warning(
                "\(data.name) has no dev rows: nothing ends the training early, and the parameters of its last epoch are kept"
            )
        }
        try warnOfEqualIntervals(data, world: world, console: console)
        if !control.resumes && !control.overwrites {
            try world.collectively {
                guard world.rank == 0 else { return }
                for index in stages.indices { try refuseLoss(inStageAt: index, data) }
            }
        }
        if data.hasTest { try tellAboutRows(of: data, world: world, console: console) }
        // The stages, one run each.
        var outcome = RunOutcome.finished(nil)
        var control = control
        for (index, stage) in stages.enumerated() {
            let own = try world.collectively {
                let own = try stageConfiguration(stage, at: index)
                guard control.extends, world.rank == 0 else { return own }
                try tellOfExtension(of: own, at: index, on: console)
                return notingEnd(before: own, at: index)
            }
            let name = stage.map { " \($0.rawValue)" } ?? ""
            let run = try TrainingRun(
                own, control: control, entry: entry, data: data, stalls: stalls, world: world, console: console)
            if control.resumes, let finished = try run.finished(isLast: index == stages.count - 1) {
                console.info("\(entry.name)\(name) is trained already: \(own.output)")
                outcome = .finished(finished)
                continue
            }
            console.info(
                "\(entry.training.isTrained ? "training" : "ranking with") \(entry.name)\(name) into \(own.output)"
                    + (own.extractor.map { ", from the extractor of \($0)" } ?? ""))
            run.fence = fence
            run.observation = observation
            if own.output != configuration.output {
                try world.collectively {
                    guard let fence else { return }
                    if !control.overwrites { try refuseLoss(inStageAt: stages.count - 1, data) }
                    try fence.begin()
                    // What an earlier command left must not stand for this one until its last stage ends.
                    try RunFolder(configuration.output).removeArtifacts()
                }
                run.fence = try claimRun(own.output, control, stalls, world, console)
            }
            defer { run.fence?.release() }
            outcome = try run.run()
            guard case .finished = outcome else { break }
            guard entry.training.isTrained else { continue }
            let start = run.startSeconds.map { ", first step after \(NumberText.fixed($0, decimals: 2)) s" } ?? ""
            console.info(
                "trained\(name) in \(NumberText.duration(seconds: run.state.trainSeconds)), "
                    + (run.configuration.keep == .last
                        ? "the last epoch is kept\(start)" : "best epoch \(run.state.bestEpoch)\(start)"))
            control.begin = .now
        }
        try stalls.close()
        return outcome
    }

    /// Claims a run for this process, at rank 0; nil elsewhere. Collective.
    private func claimRun(
        _ output: String, _ control: RunControl, _ stalls: StallDetector, _ world: Communicator, _ console: Console
    ) throws -> RunFence? {
        try world.collectively {
            guard world.rank == 0 else { return nil }
            let folder = RunFolder(output)
            try folder.refuseOtherFiles(overwrites: control.overwrites)
            return try RunFence(
                claiming: folder, progress: stalls.progress, stallLimit: control.stallLimit
            ) {
                stalls.note(.starting, step: 0)
                if let text = $0 { console.info(text) }
            }
        }
    }

    /// Whether the stage before the last one was given a number of epochs to itself.
    package var pretrainingHasEpochs: Bool { pretrainingOptions.entries.contains { $0.name == "epochs" } }

    /// Whether nothing but the default number of epochs ends the training.
    public var lastsWithoutLimit: Bool {
        entry.training.isTrained && configuration.trainsOn == .all && configuration.maxSteps == nil
            && configuration.epochs == TrainingConfiguration.mostEpochs
    }

    /// Whether steps draw negatives among the items that a user has not in train.
    package var drawsNegatives: Bool {
        entry.training.isTrained
            && stages.contains { ($0 == .pretrain ? pretraining : configuration).objective.loss == .bpr }
    }

    /// Says what is particular about the rows that will be ranked. Collective.
    private func tellAboutRows(of data: TrainingData, world: Communicator, console: Console) throws {
        let ranking = try world.collectively { try data.ranking(for: configuration) }
        let splits: [Split] = configuration.leavesTestAlone ? [.dev] : [.dev, .test]
        for split in splits {
            let census = try EvaluationCensus(
                store: data.store, kind: data.kind, split: split, ranking: ranking, world: world)
            census.tell(on: console)
            if split == splits.last { census.tellAbout(topK: configuration.topK, on: console) }
        }
    }

    /// Throws where the parameters in the folder of the run were trained with other options.
    ///
    /// Options that only decide when a training ends may differ, and those of ranking.
    public func refuseOtherTraining() throws {
        let last = stages.count - 1
        let own = try stageConfiguration(stages[last], at: last)
        try RunFolder(own.output).refuseParameters(unlike: own)
    }

    /// Says that the times tell a model of time intervals nothing. Collective.
    private func warnOfEqualIntervals(_ data: TrainingData, world: Communicator, console: Console) throws {
        let timeMaxOption = TimeIntervals.timeMax
        guard data.store.hasTimes, entry.option(called: timeMaxOption.declaration.name) != nil else { return }
        let timeMax = configuration.options[timeMaxOption]
        let own = TimeIntervals.range(in: data.store, configuration.options)
        let smallest = try world.allReduce(own?.lowerBound ?? .max, .minimum)
        let largest = try world.allReduce(own?.upperBound ?? .min, .maximum)
        guard smallest == largest else { return }
        console.warning(
            "all time intervals in the histories of \(data.name) are equal: \(largest) of at most "
                + "\(timeMax) units\n\(entry.name) learns nothing from them: "
                + (largest == timeMax
                    ? "choose a larger --time-max, or a larger --time-unit-max where it is given"
                    : "check the times, or choose a model without them"))
    }

    /// The numbers that a run to be resumed has for users and items, if it may be of a version of this program for
    /// which every id up to the largest was one: its fingerprint has no ids. Collective.
    private func earlierNumbers(_ control: RunControl, world: Communicator) throws -> KnownIds? {
        guard control.resumes else { return nil }
        let folder = RunFolder(configuration.output)
        let found = world.rank == 0 ? folder.countsWithoutIds ?? folder.pretrain.countsWithoutIds : nil
        let counts = try world.broadcast(found.map { [$0.users, $0.items] } ?? [0, 0], from: 0)
        guard counts[0] > 0, counts[1] > 0 else { return nil }
        return KnownIds(users: .numbered(counts[0]), items: .numbered(counts[1]))
    }

    /// The configuration of one of the stages, into its own folder.
    private func stageConfiguration(_ stage: TrainingStage?, at index: Int) throws -> TrainingConfiguration {
        var own = stage == .pretrain ? pretraining : configuration
        own.stage = stage
        if stages.count > 1, !entry.objectiveSupport(own.options, stage).contains(.selection) {
            // It was for the stage that has a choice.
            own.objective.selection = ObjectiveOptions().selection
            own.objective.selectionTemperature = ObjectiveOptions().selectionTemperature
        }
        if index < stages.count - 1 { own.output = RunFolder(configuration.output).pretrain.path }
        own.extractor =
            stage != .finetune
            ? nil : try index > 0 ? RunFolder(configuration.output).pretrain.path : findExtractor()
        if index > 0 {
            own.noteStageBefore(try stageConfiguration(stages[index - 1], at: index - 1), chosen: pretrainingOptions)
        }
        return own
    }

    /// Refuses to begin a stage where a training can be resumed, or where the result of another one would be lost.
    private func refuseLoss(inStageAt index: Int, _ data: TrainingData) throws {
        let own = try data.resolve(try stageConfiguration(stages[index], at: index))
        let folder = RunFolder(own.output)
        try folder.refuseUnfinished()
        let continuesOwn = own.extractor.map(folder.holdsArtifacts(of:)) ?? false
        if continuesOwn, try folder.readConfiguration().stage != own.stage {
            // The stage before is kept, in place of what was kept before.
            try folder.pretrain.refuseUnfinished()
            return
        }
        // An extractor that nobody named is the one in the run's own folder.
        try folder.refuseResult(
            unlike: own, ignoresExtractor: configuration.extractor == nil, on: data.fingerprint)
    }

    /// Where the stage `finetune` finds its extractor when the stage before was another command.
    private func findExtractor() throws -> String {
        if let extractor = configuration.extractor { return extractor }
        let folder = RunFolder(configuration.output)
        // A pretraining that was run into the folder itself is newer than one that an earlier command kept.
        for candidate in [folder, folder.pretrain] where FileManager.default.fileExists(atPath: candidate.configuration)
        {
            if try candidate.readConfiguration().stage == entry.stages.first { return candidate.path }
        }
        throw TrainingError(
            .usage, "the stage finetune continues a pretrained extractor, and \(folder.path) has none",
            recoverySuggestion: "run the command with --stage pretrain first, train both with --stage both, "
                + "or name an extractor with --extractor")
    }
}
