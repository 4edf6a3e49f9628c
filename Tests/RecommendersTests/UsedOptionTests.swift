import Differentiation
import Interactions
import Recommenders
import Testing

/// What a model says of the options that it reads is true: the command line, warnings and comparisons go by it.
@Suite struct UsedOptionTests {
    struct Case: Sendable, CustomStringConvertible {
        let entry: RecommenderEntry
        let option: any DeclaredModelOption

        var description: String { "\(entry.name) --\(option.declaration.name)" }
        var isUsed: Bool { entry.options.contains { $0.declaration.name == option.declaration.name } }
    }

    private static let ofAll: Set = ["embedding-size", "history-max"]

    static let cases = RecommenderCatalogue.entries.flatMap { entry in
        RecommenderCatalogue.options.filter { !ofAll.contains($0.declaration.name) }
            .map { Case(entry: entry, option: $0) }
    }

    @Test(arguments: cases) func `an option changes a model just where the model names it`(_ input: Case) throws {
        let changed = try Self.options(with: input.option)
        let stages = input.entry.stages.isEmpty ? [nil] : input.entry.stages.map(Optional.some)
        let changes = stages.contains {
            Outcome(input.entry, $0, Self.options) != Outcome(input.entry, $0, changed)
        }
        #expect(changes == input.isUsed)
    }

    @Test(arguments: cases) func `a changed option without a use is named`(_ input: Case) throws {
        let unused = input.entry.unused(of: try Self.options(with: input.option))
        #expect(unused == (input.isUsed ? [] : [input.option.declaration.name]))
        #expect(input.entry.unused(of: Self.options) == [])
    }

    @Test(arguments: RecommenderCatalogue.entries)
    func `the length of histories changes a model just where it reads them`(_ entry: RecommenderEntry) {
        var shorter = Self.options
        shorter.historyMax = 2
        #expect(
            (Outcome(entry, entry.stages.last, Self.options) != Outcome(entry, entry.stages.last, shorter))
                == entry.readsHistories)
    }

    @Test func `every alias means one option of a model, and names of options are told apart`() {
        for entry in RecommenderCatalogue.entries {
            let spellings = entry.allOptions.flatMap(\.declaration.spellings)
            #expect(Set(spellings).count == spellings.count, "\(entry.name)")
        }
        let names = RecommenderCatalogue.options.map(\.declaration.name)
        #expect(Set(names).count == names.count)
    }

    @Test func `layers are those of the model`() {
        func name(_ model: String) -> String? {
            RecommenderCatalogue.entry(named: model)?.option(called: "n_layers")?.declaration.name
        }
        #expect(name("SASRec") == "layers" && name("LightGCN") == "propagations")
        #expect(name("TiMiRec") == "predictor-layers" && name("ComiRec") == nil)
    }

    private static let options = {
        var options = ModelOptions()
        options.embeddingSize = 8
        options.historyMax = 9
        return options
    }()

    /// Other values than the defaults.
    private static let others = [
        "interests": "3", "attention-size": "5", "add-pos": "0", "add-trm": "0", "temp": "3", "layers": "2",
        "propagations": "2", "predictor-layers": "2", "heads": "2", "dropout": "0.5", "hidden-size": "6",
        "time-max": "3", "time-unit-max": "2", "p": "2", "iterations": "1", "relu-layer": "1", "routing": "positions",
        "adaptive-interests": "1", "causal-trm": "1", "feed-forward": "2", "rotary": "1", "time-bias": "0",
        "squash-power": "0.5", "routing-scale": "5", "label-scale": "3", "concepts": "7",
        "aggregation-temperature": "0.5", "concept-regularization": "2",
    ]

    private static func options(with option: any DeclaredModelOption) throws -> ModelOptions {
        var options = options
        let value = try #require(others[option.declaration.name], "a value of \(option.declaration.name)")
        let isSet = options.set(option, to: value)
        try #require(isSet)
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
            func newest<Element>(_ histories: [[Element]]) -> [[Element]] {
                histories.map { $0.suffix(options.historyMax) }
            }
            batch.fill(
                users: [1, 2, 4], histories: newest([[3], [5, 1, 9, 9, 2], [7, 8, 11]]),
                candidates: [[4, 6, 12], [3, 9, 10], [1, 2, 5]],
                times: newest([[100], [5, 7, 7, 20, 36], [1, 4, 9]]), sampleNames: [3, 8, 1],
                smallestTimeGaps: [.max, 2, 3])
            let tape = Tape(parameters: storage.values)
            tape.begin(.training(sampleNames: batch.sampleNames, seed: 2, step: 4))
            loss = model.trainingLoss(of: batch, under: .ranking, on: tape).value[0]
            tape.begin(.scoring(seed: 2))
            let vectors = model.queries(of: batch, on: tape).vectors
            queries = (0..<vectors.rows * vectors.columns).map { vectors.value[$0] }
            propagations = model.propagation?.layers
            shapes = Dictionary(uniqueKeysWithValues: layout.specifications.map { ($0.name, $0.shape) })
        }
    }
}
