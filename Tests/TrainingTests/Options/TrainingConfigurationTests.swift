import DistributedOptimizer
import Foundation
import Recommenders
import Testing
import Training

@Suite struct TrainingConfigurationTests {
    private static func folder() throws -> RunFolder {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("run-\(UUID().uuidString)").path
        let folder = RunFolder(path)
        try folder.create()
        return folder
    }

    private static func configuration(_ folder: RunFolder) -> TrainingConfiguration {
        var configuration = TrainingConfiguration(
            model: "TiMiRec", dataRoot: "data: # odd", dataset: "set", output: folder.path)
        configuration.stage = .finetune
        configuration.maxSteps = 7
        configuration.seed = .max
        configuration.optimizer = Adam.Settings(learningRate: 1e-4, l2: 1e-6)
        configuration.ranking = .full
        configuration.topK = [3, 1]
        configuration.sampling = .users
        configuration.validateEvery = 50
        configuration.patience = 15
        configuration.keep = .last
        configuration.options[InterestPredictor.layers] = 2
        configuration.exchange = .messages
        configuration.options[MultiInterestExtractor.addTransformer] = false
        configuration.options[TiMiRec.temperature] = 0.5
        configuration.objective.loss = .sampledSoftmax
        configuration.objective.selection = .softLinear
        configuration.objective.selectionTemperature = 3
        configuration.objective.sharesNegatives = false
        configuration.objective.proposal = .logUniform
        configuration.objective.masksHits = true
        configuration.objective.importance = 0.25
        configuration.objective.hasMultiInterestLoss = true
        configuration.objective.routingRegularization = 10
        configuration.objective.dissimilarity = 0.5
        configuration.objective.dissimilarityMargin = -0.5
        return configuration
    }

    @Test func `config yaml gives back what was written`() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder.path) }
        let configuration = Self.configuration(folder)
        try folder.write(configuration)
        #expect(try folder.readConfiguration() == configuration)
    }

    @Test(
        arguments: [
            ("embedding-size: 64", "embedding-size: -3", "--embedding-size"),
            ("topk: 3,1", "topk: a,b", "topk is a,b"),
            ("exchange: messages", "exchange: nonsense", "config.yaml"),
            ("lr: 1e-4", "lr: -1", "--lr"),
            ("importance: 0.25", "importance: -1", "--importance"),
            ("proposal: log-uniform", "proposal: by-length", "config.yaml"),
        ])
    func `a config yaml with a value out of range is refused with its option`(
        _ line: String, _ broken: String, _ named: String
    ) throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder.path) }
        try folder.write(Self.configuration(folder))
        let key = line.prefix { $0 != ":" }
        let text = try String(contentsOfFile: folder.configuration, encoding: .utf8)
        let lines = text.split(separator: "\n").map { $0.hasPrefix(key + ":") ? broken : String($0) }
        try #require(lines.contains(broken))
        try lines.joined(separator: "\n").write(toFile: folder.configuration, atomically: true, encoding: .utf8)
        let error = #expect(throws: TrainingError.self) { try folder.readConfiguration() }
        #expect(error?.kind == .data)
        #expect(error?.description.contains(named) == true)
    }
}
