import Interactions
import KernelCore

extension NodeGraph {
    /// The rows of a table of users, then those of a table of items, joined where the two meet in train. A model
    /// registers its tables in this order.
    ///
    /// - Parameter userRows, itemRows: at least one more than the largest id of the graph.
    public convenience init(_ interactions: InteractionGraph, userRows: Int, itemRows: Int) {
        precondition(
            interactions.userCount < userRows && interactions.itemCount < itemRows,
            "the graph has users or items that the tables do not have")
        var edges: [(Int32, Int32)] = []
        edges.reserveCapacity(interactions.pairCount)
        for user in 0...interactions.userCount {
            for item in interactions.userItems[interactions.userOffsets[user]..<interactions.userOffsets[user + 1]] {
                edges.append((Int32(user), Int32(userRows) + item))
            }
        }
        self.init(nodeCount: userRows + itemRows, edges: edges)
    }
}
