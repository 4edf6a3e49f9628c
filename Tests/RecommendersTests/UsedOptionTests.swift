import Differentiation
import Interactions
import Recommenders
import Testing

/// What the catalogue says of the hyperparameters that a model has a use for is true: a warning goes by it.
@Suite struct UsedOptionTests {
    struct Case: Sendable, CustomStringConvertible {
        let entry: RecommenderEntry
        let option: ModelOption

        var description: String { "\(entry.name) --\(option.rawValue)" }
    }

    static let cases = RecommenderCatalogue.entries.flatMap { entry in
        ModelOption.allCases.filter { $0 != .embeddingSize && $0 != .historyMax }.map { Case(entry: entry, option: $0) }
    }

    @Test func `every model says what it has a use for`() {
        #expect(RecommenderCatalogue.entries.allSatisfy { $0.uses != nil })
    }

    @Test(arguments: cases) func `an option changes a model just where the model has a use for it`(_ input: Case) {
        let stages = input.entry.stages.isEmpty ? [nil] : input.entry.stages.map(Optional.some)
        let changes = stages.contains {
            Outcome(input.entry, $0, Self.options) != Outcome(input.entry, $0, Self.options(with: input.option))
        }
        #expect(changes == input.entry.uses?.contains(input.option))
    }

    @Test(arguments: cases) func `a changed option without a use is named`(_ input: Case) {
        let unused = input.entry.unused(of: Self.options(with: input.option))
        #expect(unused == (input.entry.uses?.contains(input.option) == true ? [] : [input.option]))
        #expect(input.entry.unused(of: Self.options) == [])
    }

    private static let options = {
        var options = ModelOptions()
        options.embeddingSize = 8
        options.historyMax = 9
        return options
    }()

    private static func options(with option: ModelOption) -> ModelOptions {
        var options = options
        switch option {
        case .embeddingSize: options.embeddingSize = 12
        case .historyMax: options.historyMax = 12
        case .interests: options.interests = 3
        case .attentionSize: options.attentionSize = 5
        case .addPositions: options.addPositions = false
        case .addTransformer: options.addTransformer = false
        case .temperature: options.temperature = 3
        case .layers: options.layers = 2
        case .heads: options.heads = 2
        case .dropout: options.dropout = 0.5
        case .hiddenSize: options.hiddenSize = 6
        case .timeMax: options.timeMax = 3
        case .timeUnitMax: options.timeUnitMax = 2
        case .power: options.power = 2
        case .iterations: options.iterations = 1
        case .reluLayer: options.reluLayer = true
        case .routing: options.routing = .positions
        case .adaptiveInterests: options.adaptiveInterests = true
        }
        return options
    }

    /// What a small model is and computes: the shapes of its parameters, the loss of a batch, the vectors of its users.
    private struct Outcome: Equatable {
        let shapes: [String: [Int]]
        let propagations: Int?
        let loss: Float
        let queries: [Float]

        init(_ entry: RecommenderEntry, _ stage: TrainingStage?, _ options: ModelOptions) {
            let layout = ParameterLayout()
            let graph = InteractionGraph(users: [1, 2, 3, 4], items: [3, 5, 7, 8], userCount: 4, itemCount: 12)
            let model = entry.model(
                ModelContext(options, stage: stage, userCount: 4, itemCount: 12, graph: graph), in: layout.root)
            let storage = ParameterStorage(layout)
            storage.values.initialize(layout, seed: 5)
            for specification in layout.specifications where specification.initialization == .embedding {
                let values = storage.values(specification.parameter)
                for index in 0..<specification.parameter.count { values[index] *= 40 }
            }
            let batch = PackedBatch()
            batch.fill(
                users: [1, 2, 4], histories: [[3], [5, 1, 9, 9, 2], [7, 8, 11]],
                candidates: [[4, 6, 12], [3, 9, 10], [1, 2, 5]],
                times: [[100], [5, 7, 7, 20, 36], [1, 4, 9]], samples: [3, 8, 1], smallestTimeGaps: [.max, 2, 3])
            let tape = Tape(parameters: storage.values)
            tape.begin(.training(samples: batch.samples, seed: 2, step: 4))
            loss = model.trainingLoss(of: batch, under: .ranking, on: tape).value[0]
            tape.begin(.scoring(seed: 2))
            let vectors = model.queries(of: batch, on: tape).vectors
            queries = (0..<vectors.rows * vectors.columns).map { vectors.value[$0] }
            propagations = model.propagation?.layers
            shapes = Dictionary(uniqueKeysWithValues: layout.specifications.map { ($0.name, $0.shape) })
        }
    }
}
