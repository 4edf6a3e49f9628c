import Differentiation
import DistributedOptimizer
import Interactions
import MPI
import Recommenders

/// A model with all that a training step needs: the worker that computes gradients, and the optimizer that has the
/// parameters and applies them. Every rank has one.
package final class ModelReplica {
    /// The parameters of the model and of its objective.
    package let layout = ParameterLayout()
    /// What is trained.
    package let model: any Recommender
    /// Has the parameters.
    package let optimizer: any MeasuredOptimizer
    /// Computes the gradients of this rank's shards.
    package let worker: ShardWorker
    /// Steps of a pass over all samples; where users are drawn, steps between two validations; none without training.
    package let stepsPerEpoch: Int
    /// How parameters are updated, with the steps after which the learning rate has decayed.
    let adam: Adam.Settings

    /// Builds the model and shares out the memory. Collective.
    package init(
        _ configuration: TrainingConfiguration, entry: RecommenderEntry, data: TrainingData, world: Communicator
    ) throws {
        let stepsPerPass = try world.collectively { try data.shards.stepsPerEpoch(batchSize: configuration.batchSize) }
        stepsPerEpoch =
            !entry.training.isTrained
            ? 0 : configuration.sampling == .users ? configuration.validateEvery : stepsPerPass
        try world.collectively { [stepsPerEpoch] in try Self.refuseTooManySteps(configuration, stepsPerEpoch) }
        // The model and the objective register their parameters, of which nothing but the layout exists yet.
        let context = data.context(configuration.options, stage: configuration.stage)
        model = entry.model(context, in: layout.root)
        let objective = Objective(
            configuration.objective, negatives: configuration.negatives, batchSize: configuration.batchSize, context,
            in: layout.root)
        try world.collectively { [model, layout] in try entry.check(model, layout) }
        var configuration = configuration
        // A model that is not trained has no average of what it was.
        if !entry.training.isTrained { configuration.optimizer.averaging = 0 }
        configuration.optimizer.learningRateDecaySteps = configuration.optimizer.learningRateDecayEpochs * stepsPerEpoch
        adam = configuration.optimizer
        let gradientLayout = GradientLayout(layout, rowCapacity: ShardWorker.rowCapacity(configuration, objective))
        let plan = OptimizerPlan(
            layout: layout, gradientLayout: gradientLayout, adam: configuration.optimizer,
            shardCount: data.shards.count,
            ownedShards: (0..<world.size).map { data.shards.owned(byRank: $0, of: world.size) },
            propagation: model.propagation, accumulatesOnArrival: ShardWorker.accumulatesOnArrival(configuration),
            ownership: try world.collectively { [model, layout] in
                try Self.ownership(of: model, layout, configuration, ranks: world.size)
            }, optimizerSharding: world.size > 1 ? configuration.optimizerSharding : .none,
            deferredTables: configuration.deferredTables(
                items: model.items.table, users: model.users?.table, objective),
            rounds: configuration.exchangeRounds)
        // The optimizer makes the memory of the parameters and of the gradients.
        let map = try NodeMap(plan.ownership == nil ? configuration.exchange : .messages, world: world)
        let need = try Self.checkMemory(plan, on: map, world: world)
        optimizer = try Self.optimizer(plan, on: map, exchange: configuration.exchange, world: world)
        // The worker reads the one and writes the other.
        worker = ShardWorker(
            model, objective, data: data, configuration: configuration, parameters: optimizer.modelValues,
            gradientLayout: gradientLayout)
        try checkStep(configuration, data, gradientLayout, beside: need, world: world)
    }

    /// Throws where a mini-batch cannot have the memory that it needs at least. Collective.
    private func checkStep(
        _ configuration: TrainingConfiguration, _ data: TrainingData, _ gradientLayout: GradientLayout,
        beside parameters: MemoryNeed, world: Communicator
    ) throws {
        let hasSteps = stepsPerEpoch > 0 && !data.store.shards.isEmpty
        let bytes =
            hasSteps ? worker.leastBytes(configuration, data: data, gradientLayout: gradientLayout) ?? 0 : 0
        try MemoryNeed.check(
            MemoryNeed(own: bytes), of: "the values of a mini-batch", beside: parameters, world: world)
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

    /// Which rank keeps which rows of the tables of items and users; nil where they are not divided. Throws where the model
    /// does not go with what the ranks are to divide.
    private static func ownership(
        of model: any Recommender, _ layout: ParameterLayout, _ configuration: TrainingConfiguration, ranks: Int
    ) throws(TrainingError) -> RowOwnership? {
        try require(
            model.propagation == nil || configuration.optimizerSharding == .none || ranks == 1
                ? nil
                : "--optimizer-sharding \(configuration.optimizerSharding.rawValue) is not for \(configuration.model)",
            "every node moves all rows of the tables that it spreads over the graph: leave the option out")
        guard configuration.tableSharding == .rows, ranks > 1 else { return nil }
        try require(
            model.propagation == nil ? nil : "--table-sharding rows is not for \(configuration.model)",
            "it spreads all rows over the graph in every step: leave the option out")
        let tables = [model.items.table, model.users?.table].compactMap { $0 }.filter { $0.tableIndex != nil }
        return RowOwnership(of: tables, layout, ranks: ranks)
    }

    /// What the optimizer of `plan` takes from memory; throws where there is not so much. Collective.
    private static func checkMemory(
        _ plan: OptimizerPlan, on map: NodeMap, world: Communicator
    ) throws -> MemoryNeed {
        let bytes = plan.byteCount(ofRank: world.rank, on: map)
        // At rank 0 the best parameters, and a checkpoint's copy of these, the current ones, both moments and the average. Ranks
        // that divide tables keep their part of the best ones, and those that divide anything write checkpoints from where
        // the numbers are.
        let writesParts = plan.ownership != nil || (plan.ownedMoments != nil && map.hasSeveralNodes)
        let copies = plan.ownership != nil || world.rank == 0 ? writesParts ? 1 : 2 + plan.copies : 0
        let kept = copies * plan.keptCount(ofRank: world.rank) * MemoryLayout<Float>.stride
        let need = MemoryNeed(own: bytes.own + kept, shared: bytes.shared)
        try MemoryNeed.check(need, of: "parameters, moments and gradients", world: world)
        return need
    }

    /// The optimizer of `plan`. Collective.
    private static func optimizer(
        _ plan: OptimizerPlan, on map: NodeMap, exchange: ExchangeKind, world: Communicator
    ) throws -> any MeasuredOptimizer {
        try world.collectively {
            guard exchange == .shared, map.hasSeveralNodes else { return }
            throw TrainingError(
                .usage, "the ranks do not share the memory of one node",
                recoverySuggestion: "leave --exchange at auto")
        }
        return try plan.optimizer(on: map)
    }
}
