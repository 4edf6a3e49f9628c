import FileIO
import Foundation
import Interactions
import ModelFiles
import Recommenders
import Testing
import Training

/// A reference case: what the authors' implementation of a model computes, in double precision, from given parameters
/// and a given batch.
struct GoldenCase: Sendable, CustomTestStringConvertible {
    let name: String
    let model: String
    let stage: TrainingStage?
    let options: ModelOptions
    let objective: ObjectiveOptions
    /// Negatives that all samples share.
    let negatives: Int
    let userCount: Int
    let itemCount: Int
    let learningRate: Double
    let l2: Double
    let zeroGradientParameters: Set<String>
    let tensors: SafetensorsFile

    var testDescription: String { name }

    /// Whether the cases are the tests' own copy.
    static var isOwnFolder: Bool { ProcessInfo.processInfo.environment["FACET_GOLDEN"] == nil }

    /// The folder of `FACET_GOLDEN`, or the tests' own copy.
    static var folder: URL {
        if let path = ProcessInfo.processInfo.environment["FACET_GOLDEN"] { return URL(fileURLWithPath: path) }
        return Bundle.module.resourceURL!.appendingPathComponent("Cases")
    }

    /// The names of all cases, sorted.
    static func allNames() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
            FileManager.default.fileExists(atPath: folder.appendingPathComponent("\($0)/case.json").path)
        }.sorted()
    }

    /// The cases of the models that Facet has.
    static let supported = all.filter { RecommenderCatalogue.entry(named: $0.model) != nil }

    /// The names of the others, which nothing is compared with.
    static let unsupported = all.filter { RecommenderCatalogue.entry(named: $0.model) == nil }.map {
        "\($0.name) of \($0.model)"
    }

    private static let all: [GoldenCase] = {
        do {
            return try allNames().map { try GoldenCase($0) }
        } catch {
            // No case at all makes the test that looks for them fail.
            print("golden cases in \(folder.path): \(error)")
            return []
        }
    }()

    init(_ name: String) throws {
        let folder = Self.folder.appendingPathComponent(name)
        let description = try JSONValue(parsing: Array(Data(contentsOf: folder.appendingPathComponent("case.json"))))
        self.name = name
        model = try Self.text(description["model"])
        let hyperparameters = description["hyperparameters"]
        func number(_ key: String) -> Double? { Self.number(hyperparameters?[key]) }
        var options = ModelOptions()
        func set<Value>(_ option: ModelOption<Value>, _ value: Double?, _ convert: (Double) -> Value) {
            if let value { options[option] = convert(value) }
        }
        let layers = number("n_layers") ?? number("num_layers")
        set(ModelOptions.embeddingSizeOption, number("emb_size")) { Int($0) }
        set(ModelOptions.historyMaxOption, number("history_max") ?? number("seq_len")) { Int($0) }
        set(ModelOptions.interestsOption, number("K") ?? number("interest_num")) { Int($0) }
        set(SelfAttentivePooling.attentionSize, number("attn_size")) { Int($0) }
        set(ComiRec.addPositions, number("add_pos")) { $0 != 0 }
        set(MultiInterestExtractor.addTransformer, number("add_trm")) { $0 != 0 }
        set(TiMiRec.temperature, number("temp")) { Float($0) }
        // What a model calls layers is its own.
        set(TransformerLayer.layers, layers) { Int($0) }
        set(LightGCN.propagations, layers) { Int($0) }
        set(InterestPredictor.layers, layers) { Int($0) }
        set(TransformerLayer.heads, number("num_heads")) { Int($0) }
        set(TransformerLayer.dropout, number("dropout")) { Float($0) }
        set(GRU4Rec.hiddenSize, number("hidden_size")) { Int($0) }
        set(TimeIntervals.timeMax, number("time_max")) { Int($0) }
        set(DynamicRouting.iterations, number("iterations")) { Int($0) }
        set(DynamicRouting.reluLayer, number("relu_layer")) { $0 != 0 }
        if let power = (try? Self.text(hyperparameters?["p"])).flatMap({ Float($0) }) ?? number("p").map({ Float($0) })
        {
            options[MIND.power] = power
        }
        self.options = options
        var objective = ObjectiveOptions()
        if number("sampled_n") != nil {
            objective.loss = .sampledSoftmax
            objective.selection = (try? Self.text(hyperparameters?["selection"])) == "bam" ? .soft : .hard
        }
        self.objective = objective
        negatives = number("sampled_n").map { Int($0) } ?? 1
        stage = (try? Self.text(hyperparameters?["stage"])).flatMap { TrainingStage(rawValue: $0) }
        userCount = Int(Self.number(description["n_users"]) ?? 0)
        itemCount = Int(Self.number(description["n_items"]) ?? 0)
        learningRate = Self.number(description["optimizer"]?["lr"]) ?? 0
        l2 = Self.number(description["optimizer"]?["weight_decay"]) ?? 0
        if case .array(let names)? = description["zero_gradient_params"] {
            zeroGradientParameters = Set(try names.map(Self.text))
        } else {
            zeroGradientParameters = []
        }
        tensors = try SafetensorsFile(path: folder.appendingPathComponent("tensors.safetensors").path)
    }

    /// What the case's model is built from.
    func context(withGraph needsGraph: Bool) throws -> ModelContext {
        let graph =
            needsGraph
            ? InteractionGraph(
                users: try tensors.integers("graph.user").map(Int32.init),
                items: try tensors.integers("graph.item").map(Int32.init), userCount: userCount, itemCount: itemCount)
            : nil
        return ModelContext(options, stage: stage, userCount: userCount, itemCount: itemCount, graph: graph)
    }

    /// The name of the reference scores, and that of their candidates; nil: all rows of the item table.
    var evaluation: (scores: String, candidates: String?) {
        tensors["eval.scores"] == nil ? ("eval.prediction", "eval.item_id") : ("eval.scores", nil)
    }

    /// The rows `range` of the training batch, or of the batch that is scored, unpadded.
    ///
    /// - Parameter candidates: name of the candidates; nil: all rows of the item table.
    func batch(_ range: Range<Int>? = nil, candidates: String? = "batch.item_id") throws -> PackedBatch {
        let lengths = try tensors.integers("batch.lengths")
        let width = tensors["batch.history_items"]!.shape[1]
        let items = try tensors.integers("batch.history_items").map(Int32.init)
        let times = try tensors.integers("batch.history_times").map(Int64.init)
        let all = (0...Int32(itemCount)).map { $0 }
        let candidateItems = try candidates.map { try tensors.integers($0).map(Int32.init) }
        let perSample = candidates.map { tensors[$0]!.shape[1] } ?? all.count
        let users = try tensors.integers("batch.user_id").map(Int32.init)
        let gaps =
            tensors["batch.user_min_interval"] == nil
            ? [Int](repeating: .max, count: lengths.count) : try tensors.integers("batch.user_min_interval")
        let rows = range ?? 0..<lengths.count
        let batch = PackedBatch()
        batch.fill(
            users: rows.map { users[$0] },
            histories: rows.map { Array(items[$0 * width..<$0 * width + lengths[$0]]) },
            candidates: rows.map { row in
                candidateItems.map { Array($0[row * perSample..<(row + 1) * perSample]) } ?? all
            },
            times: rows.map { Array(times[$0 * width..<$0 * width + lengths[$0]]) },
            sampleNames: rows.map { UInt32($0) }, smallestTimeGaps: rows.map { Int64(gaps[$0]) })
        return batch
    }

    /// The first logits of dynamic routing that the reference drew, of the rows `range` of the batch: `[K, T]`; nil for
    /// a model that draws none.
    func routingLogits(_ range: Range<Int>) throws -> [Float]? {
        guard let shape = tensors["batch.routing_init"]?.shape else { return nil }
        let padded = try tensors.floats("batch.routing_init")
        // BaM's variant draws for all slots, also those that no item fills.
        let lengths =
            model == "bam_mind"
            ? [Int](repeating: shape[2], count: shape[0]) : try tensors.integers("batch.lengths")
        return (0..<shape[1]).flatMap { interest in
            range.flatMap { row in (0..<lengths[row]).map { padded[(row * shape[1] + interest) * shape[2] + $0] } }
        }
    }

    /// The negatives that the reference drew for all samples; nil where it drew none.
    func sharedNegatives() throws -> [Int32]? {
        guard tensors["batch.noise_items"] != nil else { return nil }
        return try tensors.integers("batch.noise_items").map(Int32.init)
    }

    /// The interests that the reference drew for the rows `range` of the batch; nil where it drew none.
    func selectedInterests(_ range: Range<Int>) throws -> [Int32]? {
        guard tensors["batch.selected_interest"] != nil else { return nil }
        return try tensors.integers("batch.selected_interest")[range].map(Int32.init)
    }

    struct Malformed: Error {}

    private static func text(_ value: JSONValue?) throws -> String {
        guard case .string(let text)? = value else { throw Malformed() }
        return text
    }

    private static func number(_ value: JSONValue?) -> Double? {
        switch value {
        case .integer(let number)?: Double(number)
        case .number(let number)?: number
        default: nil
        }
    }
}
