import Interactions
import MPI

extension TrainingConfiguration {
    /// Whether a ranking adds to scores for items that stand near those of a history.
    package var hasNeighbours: Bool { neighbourWeight > 0 }

    /// How neighbours of items are counted; nil where a ranking adds nothing for them.
    package var countedNeighbours: ItemNeighbours.Rule? { hasNeighbours ? neighbourRule : nil }
}

extension MemoryNeed {
    /// Throws on all ranks where the neighbours of the items of a data set would not fit. Collective.
    static func checkNeighbours(
        of dataset: InteractionDataset, _ rule: ItemNeighbours.Rule, world: Communicator
    ) throws {
        let bytes = ItemNeighbours.largestByteCount(
            itemCount: dataset.itemCount, interactions: dataset.interactionCount, rule)
        try check(MemoryNeed(own: bytes), of: "the neighbours of items (--neighbour-weight)", world: world)
    }
}
