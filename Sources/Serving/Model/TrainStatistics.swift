import Interactions
import Recommenders
import Training

/// What a model must know of train beside its parameters, for its answers to be those of its evaluation.
public struct TrainStatistics {
    /// Who took what, for a model on a graph.
    let graph: InteractionGraph?
    /// Which items stand near each other, for scores with an addition.
    let neighbours: ItemNeighbours?

    /// Without arguments: of a model that needs nothing of train.
    init(graph: InteractionGraph? = nil, neighbours: ItemNeighbours? = nil) {
        self.graph = graph
        self.neighbours = neighbours
    }

    /// What a stored model must know.
    ///
    /// - Parameter dataset: by the numbers of the model; called where something must be known.
    public init(of stored: StoredModel, _ dataset: () throws -> InteractionDataset) rethrows {
        guard Self.isNeeded(by: stored) else {
            self.init()
            return
        }
        let dataset = try dataset().samples(of: stored.configuration.trainsOn)
        self.init(
            graph: stored.entry.needs.contains(.graph) ? InteractionGraph(dataset) : nil,
            neighbours: stored.configuration.countedNeighbours.map { ItemNeighbours(dataset, $0) })
    }

    /// What the vectors of a stored model need, without what is added to its scores.
    init(graphOf stored: StoredModel, _ dataset: () -> InteractionDataset) {
        self.init(
            graph: stored.entry.needs.contains(.graph)
                ? InteractionGraph(dataset().samples(of: stored.configuration.trainsOn)) : nil)
    }

    private static func isNeeded(by stored: StoredModel) -> Bool {
        stored.entry.needs.contains(.graph) || stored.configuration.hasNeighbours
    }
}
