import Foundation
import Interactions
import MPI
import Recommenders
import Reporting

/// What was asked for: a model in one of its stages, or in all of them one after the other.
public enum StageSelection: Sendable, Equatable {
    case all
    case only(TrainingStage)
}

/// All runs that a command asks for, on one reading of the data.
public struct TrainingJob: Sendable {
    let configuration: TrainingConfiguration
    let entry: RecommenderEntry
    let stages: [TrainingStage?]

    /// - Parameters:
    ///   - configuration: complete but for the stage.
    ///   - stage: ignored for a model without stages.
    public init(_ configuration: TrainingConfiguration, stage: StageSelection) throws(TrainingError) {
        guard let entry = RecommenderCatalogue.entry(named: configuration.model) else {
            let nearest = RecommenderCatalogue.nearestName(to: configuration.model) ?? ""
            throw TrainingError(
                .usage, "there is no model \(configuration.model); did you mean \(nearest)?",
                remedy: "choose one of " + RecommenderCatalogue.entries.map(\.name).joined(separator: ", "))
        }
        self.entry = entry
        self.configuration = configuration
        switch stage {
        case _ where entry.stages.isEmpty: stages = [nil]
        case .all: stages = entry.stages
        case .only(let stage): stages = [stage]
        }
    }

    /// Reads the data and trains stage by stage. Collective.
    ///
    /// - Returns: the result of the last stage at rank 0, nil elsewhere.
    public func run(world: Communicator, console: Console) throws -> TrainingResult? {
        let data = try TrainingData(
            folder: configuration.dataFolder, kind: .sequential, shardCount: configuration.logicalShards, world: world)
        console.info(
            "\(data.name): \(NumberText.grouped(data.userCount)) users, \(NumberText.grouped(data.itemCount)) items, "
                + "\(NumberText.grouped(data.shards.sampleCount)) samples; \(world.size) of at most "
                + "\(configuration.logicalShards) ranks")
        var result: TrainingResult?
        for (index, stage) in stages.enumerated() {
            var own = configuration
            own.model = entry.name
            own.stage = stage
            if index < stages.count - 1 { own.output = RunFolder(configuration.output).pretrain.path }
            if stage == .finetune {
                own.extractor = try world.together {
                    try index > 0 ? RunFolder(configuration.output).pretrain.path : findExtractor()
                }
            } else {
                own.extractor = nil
            }
            let name = stage.map { " \($0.rawValue)" } ?? ""
            console.info("training \(entry.name)\(name) into \(own.output)")
            result = try TrainingRun(own, entry: entry, data: data, world: world, console: console).run()
        }
        return result
    }

    /// Where the stage `finetune` finds its extractor when the stage before was another command.
    private func findExtractor() throws -> String {
        if let extractor = configuration.extractor { return extractor }
        let folder = RunFolder(configuration.output)
        if FileManager.default.fileExists(atPath: folder.pretrain.configuration) { return folder.pretrain.path }
        if FileManager.default.fileExists(atPath: folder.configuration),
            try folder.readConfiguration().stage == .pretrain
        {
            return folder.path
        }
        throw TrainingError(
            .usage, "the stage finetune continues a pretrained extractor, and \(folder.path) has none",
            remedy: "run the command with --stage pretrain first, train both with --stage both, "
                + "or name an extractor with --extractor")
    }
}
