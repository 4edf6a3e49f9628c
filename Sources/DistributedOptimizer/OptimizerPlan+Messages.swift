import Differentiation

/// What nodes send each other.
extension OptimizerPlan {
    /// The slices of a rail: of each node one.
    func slices(ofRail rail: Int, on map: NodeMap) -> [ParameterSlice] {
        let count = map.ranks.count * map.railCount
        return map.ranks.indices.map { ParameterSlice($0 * map.railCount + rail, of: count, layout) }
    }

    /// The way that an exchange takes: ``ExchangeRounds/direct`` or ``ExchangeRounds/halving``. The same on all ranks.
    package func chosenRounds(on map: NodeMap) -> ExchangeRounds {
        rounds == .automatic ? automaticRounds(on: map, .assumed) : rounds
    }

    /// The way that takes less time by the most that messages can hold.
    package func automaticRounds(on map: NodeMap, _ network: MessageCost) -> ExchangeRounds {
        let everything = ParameterSlice(0, of: 1, layout)
        return ExchangeRounds.chosen(RailPlan.subtrees(of: map, self), on: network) { shards in
            let rowCapacity = gradientLayout.rowCapacity * shards
            let words = SliceMessage.capacity(everything, layout, rowCapacity: rowCapacity, .touched)
            return words * MemoryLayout<Float>.stride
        }
    }

    /// Bytes of the messages of a rank of this node.
    func messageByteCount(ofRank rank: Int, on map: NodeMap) -> Int {
        guard map.hasSeveralNodes, let rail = map.ownRanks.firstIndex(of: rank), rail < map.railCount else { return 0 }
        return RailMessages.byteCount(self, map, slices: slices(ofRail: rail, on: map))
    }
}
