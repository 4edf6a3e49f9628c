import Evaluation
import Interactions
import Recommenders

/// Everything that decides about the result of a training run, resolved: what `config.yaml` holds.
///
/// The keys are the names of the command line's options, so that `config.yaml` can be given to `--config`.
public struct TrainingConfiguration: Sendable, Equatable {
    /// Name of the recipe that options were taken from where nobody chose others; a record, which decides nothing.
    public var recipe: String?
    /// Name of a model of ``RecommenderCatalogue``.
    public var model: String
    /// The stage to train, for a model that has stages.
    public var stage: TrainingStage?
    /// Folder of data sets, and the data set's folder in it.
    public var dataRoot: String
    public var dataset: String
    /// The run's folder.
    public var output: String
    public var epochs = 200
    /// Stop after so many steps; nil: only epochs count.
    public var maxSteps: Int?
    public var seed: UInt64 = 0
    /// Samples of a step, over all ranks.
    public var batchSize = 256
    /// Parts that the users are divided into; the most ranks that can take part.
    public var logicalShards = 8
    /// How the samples of a step are chosen.
    public var sampling = SamplingRule.epoch
    /// With ``SamplingRule/users``: the steps between two validations, which take the place of an epoch.
    public var validateEvery = 1000
    public var optimizer = Adam.Settings()
    /// Negatives of a training sample.
    public var negatives = 1
    /// nil: among the stored negatives where the data set has them, otherwise among all items.
    public var ranking: RankingProtocol?
    public var topK = [5, 10, 20, 50]
    /// What the items of a history count for where all items are ranked.
    public var historyScores = HistoryScores.exclude
    /// What is reported beside hit ratio and gain.
    public var measures: Set<RankingMeasure> = []
    /// Whether test is not ranked at the end, so that nobody who searches among options sees it.
    public var leavesTestAlone = false
    /// Dev results in a row without a rise that end the training; 0: never.
    public var earlyStop = 10
    /// So many epochs (after the first 20) or validations after the best one end the training.
    public var patience = 20
    /// nil: the best where the data set has dev rows, otherwise the last.
    public var keep: KeptParameters?
    public var exchange = ExchangeKind.automatic
    /// Where a stage that continues another finds its parameters: a run's folder or a safetensors file.
    public var extractor: String?
    public var options = ModelOptions()
    public var objective = ObjectiveOptions()

    public init(model: String, dataRoot: String, dataset: String, output: String) {
        self.model = model
        self.dataRoot = dataRoot
        self.dataset = dataset
        self.output = output
    }

    /// The data set's folder.
    public var dataFolder: String { dataRoot.hasSuffix("/") ? dataRoot + dataset : dataRoot + "/" + dataset }
}

extension TrainingConfiguration: Codable {
    private enum CodingKeys: String, CodingKey {
        case recipe, model, stage
        case dataRoot = "data-root"
        case dataset
        case output = "out"
        case epochs
        case maxSteps = "max-steps"
        case seed
        case batchSize = "batch-size"
        case logicalShards = "logical-shards"
        case learningRate = "lr"
        case l2, negatives
        case ranking = "evaluation"
        case topK = "topk"
        case historyScores = "history-scores"
        case measures
        case leavesTestAlone = "dev-only"
        case earlyStop = "early-stop"
        case sampling
        case validateEvery = "validate-every"
        case patience, keep
        case exchange, extractor
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func value<Value: Decodable>(_ key: CodingKeys, else standard: Value) throws -> Value {
            try container.decodeIfPresent(Value.self, forKey: key) ?? standard
        }
        recipe = try container.decodeIfPresent(String.self, forKey: .recipe)
        model = try container.decode(String.self, forKey: .model)
        stage = try container.decodeIfPresent(TrainingStage.self, forKey: .stage)
        dataRoot = try container.decode(String.self, forKey: .dataRoot)
        dataset = try container.decode(String.self, forKey: .dataset)
        output = try container.decode(String.self, forKey: .output)
        epochs = try value(.epochs, else: epochs)
        maxSteps = try container.decodeIfPresent(Int.self, forKey: .maxSteps)
        seed = try value(.seed, else: seed)
        batchSize = try value(.batchSize, else: batchSize)
        logicalShards = try value(.logicalShards, else: logicalShards)
        optimizer = Adam.Settings(
            learningRate: try value(.learningRate, else: optimizer.learningRate), l2: try value(.l2, else: optimizer.l2)
        )
        negatives = try value(.negatives, else: negatives)
        ranking = try container.decodeIfPresent(RankingProtocol.self, forKey: .ranking)
        if let text = try container.decodeIfPresent(String.self, forKey: .topK) {
            // What is no number becomes 0, which no validation accepts.
            topK = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        }
        historyScores = try value(.historyScores, else: historyScores)
        if let text = try container.decodeIfPresent(String.self, forKey: .measures) {
            measures = try RankingMeasure.list(text, codingPath: container.codingPath + [CodingKeys.measures])
        }
        leavesTestAlone = try value(.leavesTestAlone, else: leavesTestAlone)
        earlyStop = try value(.earlyStop, else: earlyStop)
        sampling = try value(.sampling, else: sampling)
        validateEvery = try value(.validateEvery, else: validateEvery)
        patience = try value(.patience, else: patience)
        keep = try container.decodeIfPresent(KeptParameters.self, forKey: .keep)
        exchange = try value(.exchange, else: exchange)
        extractor = try container.decodeIfPresent(String.self, forKey: .extractor)
        options = try ModelOptions(from: decoder)
        objective = try ObjectiveOptions(from: decoder)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(recipe, forKey: .recipe)
        try container.encode(model, forKey: .model)
        try container.encodeIfPresent(stage, forKey: .stage)
        try container.encode(dataRoot, forKey: .dataRoot)
        try container.encode(dataset, forKey: .dataset)
        try container.encode(output, forKey: .output)
        try container.encode(epochs, forKey: .epochs)
        try container.encodeIfPresent(maxSteps, forKey: .maxSteps)
        try container.encode(seed, forKey: .seed)
        try container.encode(batchSize, forKey: .batchSize)
        try container.encode(logicalShards, forKey: .logicalShards)
        try container.encode(optimizer.learningRate, forKey: .learningRate)
        try container.encode(optimizer.l2, forKey: .l2)
        try container.encode(negatives, forKey: .negatives)
        try container.encodeIfPresent(ranking, forKey: .ranking)
        try container.encode(topK.map(String.init).joined(separator: ","), forKey: .topK)
        try container.encode(historyScores, forKey: .historyScores)
        if !measures.isEmpty {
            let names = RankingMeasure.allCases.filter(measures.contains).map(\.rawValue)
            try container.encode(names.joined(separator: ","), forKey: .measures)
        }
        if leavesTestAlone { try container.encode(leavesTestAlone, forKey: .leavesTestAlone) }
        try container.encode(earlyStop, forKey: .earlyStop)
        try container.encode(sampling, forKey: .sampling)
        try container.encode(validateEvery, forKey: .validateEvery)
        try container.encode(patience, forKey: .patience)
        // The best ones were kept before there was a choice.
        if let keep, keep == .last { try container.encode(keep, forKey: .keep) }
        try container.encode(exchange, forKey: .exchange)
        try container.encodeIfPresent(extractor, forKey: .extractor)
        try options.encode(to: encoder)
        try objective.encode(to: encoder)
    }
}

extension RankingMeasure {
    /// The measures of a list such as `recall,mrr`.
    fileprivate static func list(_ text: String, codingPath: [any CodingKey]) throws -> Set<RankingMeasure> {
        Set(
            try text.split(separator: ",").map { name in
                guard let measure = RankingMeasure(rawValue: String(name)) else {
                    throw DecodingError.dataCorrupted(
                        .init(codingPath: codingPath, debugDescription: "there is no measure \(name)"))
                }
                return measure
            })
    }
}
