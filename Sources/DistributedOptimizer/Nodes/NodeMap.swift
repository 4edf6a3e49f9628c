import MPI

/// Which ranks share memory, and who of them talks to the other nodes.
///
/// A rail is one rank of every node: those of the same local rank. There are as many rails as the smallest node has
/// ranks; each rail exchanges its share of all parameters.
package struct NodeMap {
    /// The ranks of this node; nil where this rank is alone on it.
    let node: Communicator?
    /// The ranks of this rank's rail, in the order of the nodes; nil where this rank has none.
    let rail: Communicator?
    /// The ranks of each node, rising, as counted in the world. Nodes are in the order of their first ranks.
    let ranks: [[Int]]
    /// This rank's node.
    let nodeIndex: Int
    /// This rank among the ranks of its node, from 0.
    let localRank: Int
    /// The local ranks below this have a rail.
    let railCount: Int

    /// Finds out which ranks share a node. Collective over `world`.
    ///
    /// - Parameter kind: what counts as a node.
    package init(_ kind: ExchangeKind, world: Communicator) throws(MPIError) {
        let node =
            switch kind {
            case .automatic, .shared: try world.splitBySharedMemory(key: world.rank)
            case .messages: try world.split(color: world.rank)!
            case .groups(let size): try world.split(color: world.rank / size)!
            }
        let firstRank = try node.allReduce(world.rank, .minimum)
        let firstRanks = try world.allGather(firstRank)
        let firsts = Set(firstRanks).sorted()
        ranks = firsts.map { first in firstRanks.indices.filter { firstRanks[$0] == first } }
        nodeIndex = firsts.firstIndex(of: firstRank)!
        localRank = node.rank
        self.node = node.size > 1 ? node : nil
        railCount = ranks.map(\.count).min() ?? 1
        rail = try world.split(color: node.rank < railCount ? node.rank : nil, key: nodeIndex)
    }

    /// Whether there is more than one node.
    package var hasSeveralNodes: Bool { ranks.count > 1 }

    /// The ranks of this rank's node, as counted in the world.
    var ownRanks: [Int] { ranks[nodeIndex] }
}
