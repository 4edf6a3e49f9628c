import Differentiation
import Interactions
import KernelCore
import Recommenders
import Testing

/// Layers and objectives refuse sizes that do not fit with the line of the model that calls them, not with their own.
@Suite struct ModelErrorTests {
    /// A batch of two users with histories of three items and of one, items with vectors of 4, and a tape.
    private final class Setting {
        let batch = PackedBatch()
        let layout = ParameterLayout()
        let context: ModelContext
        let items: Embedding
        private let storage: ParameterStorage
        let tape: Tape

        init(_ register: (ParameterScope) -> Void = { _ in }) {
            var options = ModelOptions()
            options.embeddingSize = 4
            options.historyMax = 3
            context = ModelContext(options, userCount: 5, itemCount: 9)
            batch.fill(users: [1, 2], histories: [[1, 2, 3], [4]], candidates: [[5, 6], [7, 8]])
            items = Embedding("items", rows: 10, size: 4, in: layout.root)
            register(layout.root)
            storage = ParameterStorage(layout)
            tape = Tape(parameters: storage.values)
            tape.begin(.training(sampleNames: batch.sampleNames, seed: 1, step: 1), sampleCount: 2)
        }

        var sequences: JaggedOffsets { batch.histories }

        func x(_ rows: Int, _ columns: Int) -> Variable { tape.variable(rows: rows, columns: columns) }

        /// The error, which must be that of an operation on a line of this file.
        func expect(
            _ operation: String, line: UInt, _ words: String..., location: SourceLocation = #_sourceLocation
        ) throws {
            let error = try #require(tape.error, sourceLocation: location)
            #expect(error.operation == operation && error.line == line, "\(error)", sourceLocation: location)
            #expect(error.file == #fileID, sourceLocation: location)
            for word in words { #expect(error.problem.contains(word), "\(error)", sourceLocation: location) }
        }
    }

    /// The line that stands for the model's.
    private static let line: UInt = 4711

    @Test func `a linear layer`() throws {
        var layer: Linear?
        let setting = Setting { layer = Linear("layer", inputs: 4, outputs: 6, in: $0) }
        let made = try #require(layer)
        _ = made(setting.x(2, 5), on: setting.tape, line: Self.line)
        try setting.expect("linear", line: Self.line, "[2, 5]", "[6, 4]")
    }

    @Test func `an embedding, of a table and of a dense matrix`() throws {
        for sparse in [true, false] {
            var layer: Embedding?
            let setting = Setting { layer = Embedding("layer", rows: 3, size: 4, sparse: sparse, in: $0) }
            let made = try #require(layer)
            _ = made(setting.batch.historyItems, count: 4, on: setting.tape, line: Self.line)
            try setting.expect("rows", line: Self.line, "row 3", "[3, 4]", "0 to 2")
        }
    }

    @Test func `a layer normalization`() throws {
        var layer: LayerNorm?
        let setting = Setting { layer = LayerNorm("layer", size: 4, in: $0) }
        let made = try #require(layer)
        _ = made(setting.x(2, 5), residual: setting.x(2, 5), on: setting.tape, line: Self.line)
        try setting.expect("layerNorm", line: Self.line, "[2, 5]", "[1, 4]")
    }

    @Test func `a gated recurrent unit`() throws {
        for (rows, columns, operation) in [(4, 3, "linear"), (3, 4, "gatedRecurrence")] {
            var layer: GatedRecurrentUnit?
            let setting = Setting { layer = GatedRecurrentUnit("layer", inputs: 4, hidden: 6, in: $0) }
            let made = try #require(layer)
            _ = made(
                setting.x(rows, columns), over: setting.sequences, on: setting.tape, line: Self.line)
            try setting.expect(operation, line: Self.line)
        }
    }

    @Test func `a self-attentive pooling`() throws {
        for (values, keys, operation) in [(4, 3, "sequenceSoftmax"), (3, 4, "pool")] {
            var layer: SelfAttentivePooling?
            let setting = Setting { layer = SelfAttentivePooling(size: 4, attentionSize: 5, interests: 2, in: $0) }
            let made = try #require(layer)
            _ = made(
                values: setting.x(values, 4), keys: setting.x(keys, 4), over: setting.sequences, on: setting.tape,
                line: Self.line)
            try setting.expect(operation, line: Self.line, "[3, ", "4 items")
        }
    }

    @Test func `a Transformer layer, of all rows and of the newest`() throws {
        for (queries, operation) in [(AttentionQueries.all, "attention"), (.newest, "newest")] {
            var layer: TransformerLayer?
            let setting = Setting { layer = TransformerLayer("layer", size: 4, heads: 2, dropout: 0.5, in: $0) }
            let made = try #require(layer)
            _ = made(
                setting.x(3, 4), over: setting.sequences, queries: queries, on: setting.tape, line: Self.line)
            try setting.expect(operation, line: Self.line, "[3, 4]", "4 items")
        }
    }

    @Test func `a dynamic routing, shared and of a history that is too long`() throws {
        for (predictions, historyMax, rows, operation) in [
            (DynamicRouting.Predictions.shared, 3, 3, "route"), (.perPositionAndInterest, 2, 4, "groupedLinear"),
        ] {
            var layer: DynamicRouting?
            let setting = Setting {
                var options = ModelOptions()
                options.embeddingSize = 4
                options.historyMax = historyMax
                layer = DynamicRouting(options, predictions: predictions, in: $0)
            }
            let made = try #require(layer)
            _ = made(setting.x(rows, 4), for: setting.batch, on: setting.tape, line: Self.line)
            try setting.expect(operation, line: Self.line)
        }
    }

    @Test(arguments: [InterestSelection.hard, .soft, .softLinear, .expected])
    func `a selection of interests that are not the users'`(selection: InterestSelection) throws {
        for (rows, columns, perUser) in [(5, 4, 2), (6, 4, 2), (4, 3, 2), (4, 4, 0)] {
            var options = ObjectiveOptions()
            options.selection = selection
            var objective: Objective?
            let setting = Setting {
                let context = ModelContext(ModelOptions(), userCount: 5, itemCount: 9)
                objective = Objective(options, context, in: $0)
            }
            let interests = Interests(vectors: setting.x(rows, columns), perUser: perUser, line: Self.line)
            let users = try #require(objective).select(
                from: interests, for: setting.batch, in: setting.items, on: setting.tape)
            #expect(users.rows == 2 && users.columns == 4)
            try setting.expect("Interests", line: Self.line, "[\(rows), \(columns)] with \(perUser) a user", "2 users")
        }
    }

    @Test func `the maps of a selection are for the size of the options`() throws {
        var options = ObjectiveOptions()
        options.selection = .softLinear
        var objective: Objective?
        let setting = Setting {
            objective = Objective(options, ModelContext(ModelOptions(), userCount: 5, itemCount: 9), in: $0)
        }
        let interests = Interests(vectors: setting.x(4, 4), perUser: 2, line: Self.line)
        _ = try #require(objective).select(from: interests, for: setting.batch, in: setting.items, on: setting.tape)
        try setting.expect("select", line: Self.line, "4 columns", "64 of --embedding-size")
    }

    @Test(arguments: TrainingLoss.allCases) func `a loss of vectors that are not the users'`(
        loss: TrainingLoss
    ) throws {
        var options = ObjectiveOptions()
        options.loss = loss
        for (rows, columns) in [(4, 4), (2, 3)] {
            var objective: Objective?
            let setting = Setting {
                objective = Objective(options, ModelContext(ModelOptions(), userCount: 5, itemCount: 9), in: $0)
            }
            let value = try #require(objective).loss(
                of: setting.x(rows, columns), for: setting.batch, in: setting.items, on: setting.tape, line: Self.line)
            #expect(value.count == 1 && value.value[0] == 0)
            try setting.expect("loss", line: Self.line, "[\(rows), \(columns)]", "2 users", "[10, 4]")
        }
    }

    @Test func `attention of interests has a row for each item and a column for each interest`() throws {
        let setting = Setting()
        let objective = Objective(
            ObjectiveOptions(), ModelContext(ModelOptions(), userCount: 5, itemCount: 9), in: ParameterLayout().root)
        let interests = Interests(
            vectors: setting.x(4, 4), perUser: 2, attention: setting.x(3, 2), line: Self.line)
        _ = objective.loss(
            of: setting.x(2, 4), interests: interests, for: setting.batch, in: setting.items, on: setting.tape)
        try setting.expect("Interests", line: Self.line, "their attention [3, 2]", "4 items")
    }

    /// A model that hands out a vector for each item of the histories.
    private struct PerItem: SingleVectorRecommender {
        let items: Embedding
        static let line: UInt = 815

        func userVectors(of batch: PackedBatch, on tape: Tape) -> Variable {
            items(batch.historyItems, count: batch.histories.total, on: tape, line: Self.line)
        }
    }

    @Test func `a model that returns other vectors than asked for is told by its last operation`() throws {
        let training = Setting()
        let objective = Objective(
            ObjectiveOptions(), ModelContext(ModelOptions(), userCount: 5, itemCount: 9), in: ParameterLayout().root)
        _ = PerItem(items: training.items).trainingLoss(of: training.batch, under: objective, on: training.tape)
        try training.expect("loss", line: PerItem.line, "[4, 4]", "2 users")

        let scoring = Setting()
        #expect(PerItem(items: scoring.items).checkedQueries(of: scoring.batch, on: scoring.tape) == nil)
        try scoring.expect("Interests", line: PerItem.line, "[4, 4] with 1 a user", "2 users")
    }

    @Test func `a model is checked for what it has registered`() throws {
        let layout = ParameterLayout()
        let model = PerItem(items: Embedding("items", rows: 10, size: 0, in: layout.root))
        let error = #expect(throws: ModelError.self) { try model.check(layout) }
        #expect(error?.line == #line - 2 && error?.problem.contains("items.weight is [10, 0]") == true)
    }

    @Test func `layers hand the line of the model on when they register`() {
        let line: UInt = 33
        let registrations: [(ParameterScope) -> Void] = [
            { _ = Linear("l", inputs: 0, outputs: 1, in: $0, line: line) },
            { _ = LayerNorm("l", size: 0, in: $0, line: line) },
            { _ = GatedRecurrentUnit("l", inputs: 0, hidden: 1, in: $0, line: line) },
            { _ = SelfAttentivePooling(size: 0, attentionSize: 1, interests: 1, in: $0, line: line) },
            { _ = TransformerLayer("l", size: 0, heads: 1, dropout: 0, in: $0, line: line) },
            { _ = TimeIntervals(largest: 2, size: 0, in: $0, line: line) },
            {
                var options = ModelOptions()
                options.embeddingSize = 0
                _ = DynamicRouting(options, in: $0, line: line)
            },
        ]
        for register in registrations {
            let layout = ParameterLayout()
            register(layout.root)
            #expect(layout.error?.line == line && layout.error?.file == #fileID, "\(layout.error as Any)")
        }
    }
}
