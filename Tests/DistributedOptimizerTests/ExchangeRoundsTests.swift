import DistributedOptimizer
import Testing

/// Which way of the exchange is chosen.
@Suite struct ExchangeRoundsTests {
    private let network = MessageCost(latency: 15e-6, gap: 4e-6, secondsPerByte: 1e-9)

    @Test func `of dense gradients both ways send the same bytes`() {
        for nodes in [2, 4, 8, 64] {
            let (direct, halving) = (
                ExchangeRounds.direct.cost(nodes: nodes) { _ in 1 << 20 },
                ExchangeRounds.halving.cost(nodes: nodes) { _ in 1 << 20 }
            )
            #expect(abs(direct.bytes - halving.bytes) < 1)
            #expect(direct.messages == 2 * (nodes - 1) && direct.rounds == 2)
            #expect(halving.messages == halving.rounds && 1 << (halving.rounds / 2) == nodes)
        }
    }

    @Test func `few nodes send directly, many by halving`() {
        let chosen = [2, 3, 4, 8, 16, 64, 1024].map { nodes in
            ExchangeRounds.chosen(nodes: nodes, on: network) { _ in 100_000 }
        }
        #expect(chosen == [.direct, .direct, .direct, .direct, .halving, .halving, .halving])
    }

    @Test func `messages of many different rows go directly`() {
        let chosen = ExchangeRounds.chosen(nodes: 64, on: network) { 1_000_000 * $0 }
        #expect(chosen == .direct)
    }

    @Test func `a network that is far away has few rounds`() {
        let far = MessageCost(latency: 5e-3, gap: 4e-6, secondsPerByte: 1e-9)
        #expect(ExchangeRounds.chosen(nodes: 64, on: far) { _ in 100_000 } == .direct)
    }
}
