import Differentiation
import Interactions
import MPI
import Recommenders

/// A model with all that a training step needs: its parameters, the worker that computes gradients, the exchange that
/// applies them. Every rank has one.
package final class ModelReplica {
    package let layout = ParameterLayout()
    package let model: any Recommender
    package let exchange: any GradientExchange
    package let worker: ShardWorker
    /// Steps of a pass over all samples; where users are drawn, steps between two validations; none without training.
    package let stepsPerEpoch: Int

    /// Builds the model and shares out the memory. Collective.
    package init(
        _ configuration: TrainingConfiguration, entry: RecommenderEntry, data: TrainingData, world: Communicator
    ) throws {
        let stepsPerPass = try world.collectively { try data.shards.stepsPerEpoch(batchSize: configuration.batchSize) }
        stepsPerEpoch =
            !entry.isTrained ? 0 : configuration.sampling == .users ? configuration.validateEvery : stepsPerPass
        let stepsOfEpoch = stepsPerEpoch
        try world.collectively { try Self.refuseTooManySteps(configuration, stepsOfEpoch) }
        let context = data.context(configuration.options, stage: configuration.stage)
        model = entry.model(context, in: layout.root)
        let objective = Objective(
            configuration.objective, negatives: configuration.negatives, batchSize: configuration.batchSize, context,
            in: layout.root)
        try world.collectively { [model, layout] in try model.check(layout) }
        let gradientLayout = GradientLayout(layout, rowCapacity: ShardWorker.rowCapacity(configuration, objective))
        let plan = ExchangePlan(
            layout: layout, gradientLayout: gradientLayout, optimizer: configuration.optimizer,
            shardCount: data.shards.count,
            ownedShards: (0..<world.size).map { data.shards.owned(byRank: $0, of: world.size) },
            propagation: model.propagation, accumulatesOnArrival: ShardWorker.accumulatesOnArrival(configuration))
        exchange = try plan.exchange(configuration.exchange, world: world)
        worker = ShardWorker(
            model, objective, data: data, configuration: configuration, parameters: exchange.modelValues,
            gradientLayout: gradientLayout)
    }

    /// Random numbers are keyed by the step in 32 bits: beyond that they would repeat themselves.
    private static func refuseTooManySteps(
        _ configuration: TrainingConfiguration, _ stepsPerEpoch: Int
    ) throws(TrainingError) {
        let steps = min(configuration.maxSteps ?? .max, configuration.epochs * stepsPerEpoch)
        try require(
            steps > Int(UInt32.max) ? "--epochs \(configuration.epochs) of \(stepsPerEpoch) steps" : nil,
            "at most \(UInt32.max) steps are possible: choose fewer --epochs, or --max-steps")
    }
}

extension ExchangePlan {
    /// The exchange of the kind that is asked for. Collective.
    fileprivate func exchange(_ kind: ExchangeKind, world: Communicator) throws -> any GradientExchange {
        let map = try NodeMap(kind, world: world)
        try checkMemory(map, world)
        guard map.ranks.count > 1 else { return try SharedMemoryExchange(self, map) }
        guard kind != .shared else {
            return try world.collectively {
                throw TrainingError(
                    .usage, "the ranks do not share the memory of one node",
                    recoverySuggestion: "leave --exchange at auto")
            }
        }
        return try MultiNodeExchange(self, map)
    }

    /// Throws where a node lacks the memory for its ranks. Collective.
    private func checkMemory(_ map: NodeMap, _ world: Communicator) throws {
        let values = ParameterValues.count(for: layout) * MemoryLayout<Float>.stride
        let additions = additions(ofRank: world.rank)
        var shared = additions.subtrees.count * gradientLayout.byteCount
        var own = additions.pendingCount * gradientLayout.byteCount
        // Parameters and two moments for the node; at rank 0 the best ones and a checkpoint's copy of all four.
        if map.place == 0 { shared += 3 * values }
        if world.rank == 0 { own += 5 * values }
        if let propagation {
            let floats = Propagator.sharedCount(propagation, layout, parts: map.ownRanks.count)
            if map.place == 0 { shared += floats * MemoryLayout<Float>.stride }
            // What the rank reads.
            own += layout.tableCount * MemoryLayout<Float>.stride
        }
        let need = map.node == nil ? MemoryNeed(own: own + shared) : MemoryNeed(own: own, shared: shared)
        try MemoryNeed.check(need, of: "parameters, moments and gradients", world: world)
    }
}
