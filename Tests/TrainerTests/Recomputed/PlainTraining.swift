import Recommenders

/// A training that is done twice: by the command, and again by ``Recomputation``.
struct PlainTraining: Sendable, CustomStringConvertible {
    let model: String
    var stages: [TrainingStage] = []
    var options = ModelOptions()
    var objective = ObjectiveOptions()
    var negatives = 1
    var l2 = 0.02
    var learningRate = 0.003
    var batchSize = 23
    var shards = 4
    var seed: UInt64 = 0
    var epochs = 3
    /// Nil: every sample once in an epoch; otherwise users are drawn, and an epoch has so many steps.
    var validateEvery: Int?
    /// How far a parameter may be off, beside 1e-4 of itself: rounding, which is nothing beside a step of the learning rate.
    var tolerance = 2e-5
    /// Options that `options` and `objective` stand for.
    var more: [String] = []

    static let topK = [2, 5]

    var description: String {
        (["\(model) --seed \(seed) --loss \(objective.loss.rawValue) --negatives \(negatives)"] + more).joined(
            separator: " ")
            + (validateEvery == nil ? "" : " --sampling users")
    }

    /// Negatives that a sample has of its own.
    var candidateNegatives: Int { objective.loss == .bpr ? negatives : 0 }

    var needsHistory: Bool { RecommenderCatalogue.entry(named: model)?.training.samples == .sequential }

    /// The command line without `--data-root` and `--out`.
    var arguments: [String] {
        [
            "train", "--quiet", "--dataset", PlainData.name, "--model", model, "--loss", objective.loss.rawValue,
            "--embedding-size",
            "\(options.embeddingSize)", "--history-max", "\(options.historyMax)", "--negatives", "\(negatives)", "--l2",
            "\(l2)", "--lr", "\(learningRate)", "--batch-size", "\(batchSize)", "--logical-shards", "\(shards)",
            "--seed",
            "\(seed)", "--epochs", "\(epochs)", "--topk", Self.topK.map(String.init).joined(separator: ","),
        ] + (validateEvery.map { ["--sampling", "users", "--validate-every", "\($0)"] } ?? []) + more
    }

    init(_ model: String, _ change: (inout PlainTraining) -> Void = { _ in }) {
        self.model = model
        options.embeddingSize = 8
        options.historyMax = 6
        change(&self)
    }

    static let all = [
        PlainTraining("BPRMF") { $0.negatives = 3 },
        PlainTraining("BPRMF") {
            $0.seed = 5_000_000_007
            $0.validateEvery = 5
            $0.negatives = 2
        },
        PlainTraining("ComiRec") {
            $0.negatives = 2
            $0.options.interests = 3
            $0.more = ["--interests", "3"]
        },
        PlainTraining("SASRec") {
            $0.options[TransformerLayer.dropout] = 0.3
            $0.options[TransformerLayer.heads] = 2
            $0.options[TransformerLayer.layers] = 2
            $0.more = ["--dropout", "0.3", "--heads", "2", "--layers", "2"]
        },
        PlainTraining("SASRec") {
            $0.seed = 3
            $0.options[TransformerLayer.dropout] = 0.2
            $0.validateEvery = 6
            $0.objective.loss = .fullSoftmax
            $0.more = ["--dropout", "0.2"]
        },
        PlainTraining("TiSASRec") {
            $0.options[TimeIntervals.timeMax] = 12
            $0.more = ["--time-max", "12"]
        },
        PlainTraining("GRU4Rec") {
            $0.options[GRU4Rec.hiddenSize] = 12
            $0.objective.loss = .sampledSoftmax
            $0.negatives = 12
            $0.more = ["--hidden-size", "12"]
        },
        PlainTraining("YouTubeDNN") { $0.seed = 1 },
        PlainTraining("MIND") { $0.more = ["--interests", "2"] },
        PlainTraining("ComiRec") {
            $0.objective.loss = .sampledSoftmax
            $0.objective.selection = .soft
            $0.negatives = 10
            $0.more = ["--selection", "soft"]
        },
        PlainTraining("TiMiRec") {
            $0.stages = [.pretrain, .finetune]
            $0.options.interests = 3
            $0.options[MultiInterestExtractor.addTransformer] = true
            $0.epochs = 2
            $0.tolerance = 4e-4
            $0.more = ["--interests", "3", "--add-trm", "1"]
        },
    ]
}
