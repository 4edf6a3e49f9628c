import DistributedOptimizer
import KernelCore
import Testing

/// Which way of the exchange is chosen.
@Suite struct ExchangeRoundsTests {
    private let network = MessageCost(latency: 15e-6, gap: 4e-6, secondsPerByte: 1e-9)

    /// The subtrees of nodes with equally many shards.
    private func subtrees(nodes: Int, shards: Int? = nil) -> [[TreeSum.Subtree]] {
        let shards = shards ?? nodes
        return (0..<nodes).map {
            TreeSum.completeSubtrees(of: shards * $0 / nodes..<shards * ($0 + 1) / nodes, shards: shards)
        }
    }

    @Test(arguments: [2, 4, 8, 64]) func `of dense gradients both ways send the same bytes`(nodes: Int) {
        let direct = ExchangeCost.direct(subtrees(nodes: nodes)) { _ in 1 << 20 }
        let halving = ExchangeCost.halving(subtrees(nodes: nodes)) { _ in 1 << 20 }
        #expect(abs(direct.bytes - halving.bytes) < 1)
        #expect(abs(direct.bytes - 2 * Double(nodes - 1) / Double(nodes) * 0x1p20) < 1)
        #expect(direct.messages == 2 * (nodes - 1) && direct.rounds == 2)
        #expect(halving.messages == halving.rounds && 1 << (halving.rounds / 2) == nodes)
    }

    @Test(arguments: [3, 5, 7, 13]) func `other numbers of nodes cost more bytes, but no more messages`(nodes: Int) {
        let direct = ExchangeCost.direct(subtrees(nodes: nodes, shards: 64)) { _ in 1 << 20 }
        let halving = ExchangeCost.halving(subtrees(nodes: nodes, shards: 64)) { _ in 1 << 20 }
        #expect(halving.bytes > direct.bytes && halving.bytes < 3 * direct.bytes)
        #expect(halving.messages <= halving.rounds)
    }

    @Test func `few nodes send directly, many by halving`() {
        let chosen = [2, 3, 4, 8, 16, 64, 1024].map { nodes in
            ExchangeRounds.chosen(subtrees(nodes: nodes), on: network) { _ in 100_000 }
        }
        #expect(chosen == [.direct, .direct, .direct, .direct, .halving, .halving, .halving])
    }

    @Test func `messages of many different rows go directly`() {
        let chosen = ExchangeRounds.chosen(subtrees(nodes: 64), on: network) { 1_000_000 * $0 }
        #expect(chosen == .direct)
    }

    @Test func `a network that is far away has few rounds`() {
        let far = MessageCost(latency: 5e-3, gap: 4e-6, secondsPerByte: 1e-9)
        #expect(ExchangeRounds.chosen(subtrees(nodes: 64), on: far) { _ in 100_000 } == .direct)
    }
}
