import Differentiation
import Interactions
import KernelCore
import MPI
import ModelFiles
import Recommenders
import Reporting
import Training

/// A trained model, ready to describe users by vectors.
///
///     let model = try TrainedModel(run: "RUN")
///     let search = try ItemSearch(model, SearchOptions(top: 20))
///     let answer = try search.items(for: UserQuery(history: ["17", "4"]))
///
/// The bits of a user's vectors depend on the user alone, not on the batch. Not for use from several threads at a time.
public final class TrainedModel {
    /// The run that the parameters are from: its options, and the ids of items and users.
    public let stored: StoredModel
    /// Interests of a user, K; 1 for a model with one vector a user.
    public let interestsPerUser: Int
    private let model: any Recommender
    private let storage: ParameterStorage
    private let propagator: Propagator?
    private let tape: Tape
    /// Items of length 1, where scores are cosines; nil: the items' own vectors.
    private let unitVectors: UnsafeMutablePointer<Float>?
    /// What is added to the inner products; nil: nothing.
    let neighbours: NeighbourScores?

    /// Reads the model of a run. A model on a graph (`LightGCN`) reads the data set of the run, too, and so does one whose
    /// scores have an addition for the neighbours of items.
    public convenience init(run path: String) throws {
        let stored = try StoredModel(run: path)
        try self.init(stored, with: try TrainStatistics(of: stored) { try stored.dataset() })
    }

    /// - Parameter statistics: what the model must know of train.
    public init(_ stored: StoredModel, with statistics: TrainStatistics) throws {
        precondition(
            statistics.graph != nil || !stored.entry.needs.contains(.graph),
            "\(stored.entry.name) needs the graph of its data set")
        self.stored = stored
        let layout = ParameterLayout()
        let model = stored.model(in: layout, graph: statistics.graph)
        neighbours = statistics.neighbours.map {
            NeighbourScores($0, weight: stored.configuration.neighbourWeight)
        }
        try model.check(layout)
        let storage = ParameterStorage(layout)
        try ModelFile.read(stored.file, into: storage.values, layout, unused: stored.entry.tensors.unused)
        let propagator = model.propagation.map { Propagator($0, layout, parameters: storage.values) }
        Kernel.flushingSubnormals {
            propagator?.propagate {}
            propagator?.materializeAll()
        }
        self.model = model
        self.storage = storage
        self.propagator = propagator
        tape = Tape(parameters: propagator?.values ?? storage.values)
        let items = model.items.table
        let score = stored.configuration.objective.score
        unitVectors = score.itemVectors(MatrixView(tape.parameters(items), rows: items.rows, columns: items.columns))
            .map { vectors in
                let memory = UnsafeMutablePointer<Float>.allocate(capacity: max(vectors.count, 1))
                for (index, value) in vectors.enumerated() { memory[index] = value }
                return memory
            }
        let batch = PackedBatch()
        batch.fill(users: [1], histories: [[1]], candidates: [[1]])
        interestsPerUser = try Self.queries(of: batch, model, tape, score, seed: 0).perUser
        try requireNumbers()
    }

    deinit { unitVectors?.deallocate() }

    /// Bytes that the model will take, for a look at the memory before: see ``init(_:with:)``.
    static func byteCount(_ stored: StoredModel, with statistics: TrainStatistics) throws -> Int {
        let layout = ParameterLayout()
        let model = stored.model(in: layout, graph: statistics.graph)
        try model.check(layout)
        let propagated = model.propagation.map { Propagator.sharedCount($0, layout, parts: 1) + layout.tableCount } ?? 0
        let table = model.items.table
        return (ParameterValues.count(for: layout) + propagated) * MemoryLayout<Float>.stride
            + RankingTable.byteCount(rows: table.rows, columns: table.columns)
    }

    /// The size of the vectors, d.
    public var dimension: Int { model.items.table.columns }
    /// Items that the model knows; the padding is none.
    public var itemCount: Int { stored.itemIds.count }
    /// `[itemCount + 1, d]`, row 0 of the padding: the items' vectors, of length 1 where scores are cosines, whose inner products with a user's interests are
    /// the scores.
    public var itemVectors: UnsafePointer<Float> {
        UnsafePointer(unitVectors ?? tape.parameters(model.items.table))
    }
    /// The newest items that a history keeps.
    public var historyMax: Int { stored.configuration.options.historyMax }
    /// `parameters_sha256` of the run.
    public var parametersDigest: String { ModelFile.digest(storage.values, storage.layout) }

    /// The interests of the users of a batch, `[B * K, d]`, valid until the next call.
    ///
    /// - Throws: a mistake of the model.
    package func interests(of batch: PackedBatch) throws(ModelError) -> Interests {
        try Self.queries(
            of: batch, model, tape, stored.configuration.objective.score, seed: stored.configuration.seed)
    }

    /// Memory that is the batch's until the next one.
    var arena: Arena { tape.arena }

    private static func queries(
        of batch: PackedBatch, _ model: any Recommender, _ tape: Tape, _ score: ScoreRule, seed: UInt64
    ) throws(ModelError) -> Interests {
        tape.begin(.scoring(seed: seed), sampleCount: batch.count)
        let queries = Kernel.flushingSubnormals {
            model.checkedQueries(of: batch, on: tape).map { score.queries($0, on: tape) }
        }
        if let error = tape.error { throw error }
        guard let queries else { preconditionFailure("queries that are refused leave an error") }
        return queries
    }

    /// Throws where a parameter is infinite or no number: no order of scores would mean anything.
    private func requireNumbers() throws(ServingError) {
        for specification in storage.layout.specifications {
            let parameter = specification.parameter
            let values = UnsafeBufferPointer(start: storage.values(parameter), count: parameter.count)
            guard values.allSatisfy(\.isFinite) else {
                throw ServingError(
                    .data, "\(stored.path): \(specification.name) holds values that are infinite or no numbers",
                    recoverySuggestion: "the training diverged: train again, with a smaller --lr")
            }
        }
    }
}

extension UnknownIds {
    fileprivate func tell(of dataset: String, model: String, on console: Console) {
        guard interactions > 0 else { return }
        var parts: [String] = []
        if items > 0 { parts.append(NumberText.counted(items, "items")) }
        if users > 0 { parts.append(NumberText.counted(users, "users")) }
        console.warning(
            "\(model) does not know \(parts.joined(separator: " and ")) of \(dataset), with "
                + "\(NumberText.counted(interactions, "interactions"))\n"
                + "they are left out; a training with --warm-start takes them in")
    }
}

extension StoredModel {
    /// The model, with its parameters registered in a layout; also those of the training alone that the file has.
    func model(in layout: ParameterLayout, graph: InteractionGraph?) -> any Recommender {
        let context = ModelContext(
            configuration.options, stage: configuration.stage, userCount: known.users?.count ?? 1,
            itemCount: itemIds.count, graph: graph)
        let model = entry.model(context, in: layout.root)
        if file[Objective.ownParameterName] != nil,
            layout.specification(named: Objective.ownParameterName) == nil
        {
            var options = ObjectiveOptions()
            options.selection = .softLinear
            _ = Objective(options, context, in: layout.root)
        }
        return model
    }

    /// The data set that it was trained on, by the numbers of the model.
    func dataset() throws(DatasetError) -> InteractionDataset {
        try InteractionDataset.load(folder: configuration.dataFolder, known: known)
    }

    /// The data set for its histories: what the model knows of it, by the numbers of the model. Newer data may have
    /// more items and users. Collective.
    func knownDataset(world: Communicator, console: Console) throws -> InteractionDataset {
        var unknown = UnknownIds()
        let dataset = try InteractionDataset.loadedOncePerNode(world: world) {
            let all = try InteractionDataset.load(folder: configuration.dataFolder)
            let (dataset, rest) = all.leavingOutUnknown(to: known)
            unknown = rest
            guard dataset.interactionCount > 0 else {
                throw DatasetError(
                    .invalid, file: configuration.dataFolder,
                    problem:
                        "the model knows \(rest.items == all.itemCount ? "no item" : "no user and item together") of it",
                    recoverySuggestion: "name the data that it was trained on with --dataset, or a run of these data")
            }
            return dataset
        }
        dataset.warnings.forEach(console.warning)
        unknown.tell(of: configuration.dataset, model: entry.name, on: console)
        return dataset
    }
}
