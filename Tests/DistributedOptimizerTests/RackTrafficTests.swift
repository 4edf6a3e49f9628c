import DistributedOptimizer
import Testing

/// What crosses the uplinks of racks, by the schedules of the exchange.
@Suite struct RackTrafficTests {
    private func traffic(_ rounds: ExchangeRounds, nodes: Int, nodesPerRack: Int) -> RackTraffic {
        RackTraffic(rounds, racks: RackTraffic.racks(ofNodes: nodes, nodesPerRack: nodesPerRack))
    }

    @Test(arguments: [2, 4, 8, 16, 64, 256], [1, 2, 4, 16])
    func `of powers of two a halving sends n - r slices there and back, and the direct way r times as many`(
        nodes: Int, nodesPerRack: Int
    ) {
        guard nodesPerRack <= nodes else { return }
        let halving = traffic(.halving, nodes: nodes, nodesPerRack: nodesPerRack)
        let direct = traffic(.direct, nodes: nodes, nodesPerRack: nodesPerRack)
        #expect(halving.there.reduce(0, +) == nodes - nodesPerRack)
        #expect(halving.back == halving.there)
        #expect(direct.slices == 2 * nodesPerRack * (nodes - nodesPerRack))
        #expect(halving.bytes(slice: 1_000) == 2_000 * (nodes - nodesPerRack))
        #expect(halving.slices < direct.slices || nodesPerRack == 1 || nodes == nodesPerRack)
    }

    @Test func `the long messages of a halving stay in a rack`() {
        let halving = traffic(.halving, nodes: 16, nodesPerRack: 4)
        // Messages of 8 and of 4 slices within racks of four; then 4 nodes send 2 slices, and 4 send 1.
        #expect(halving.there == [0, 0, 8, 4])
    }

    @Test func `nodes that stand in racks in turn lose what the order saves`() {
        let racks = (0..<64).map { $0 % 4 }
        let halving = RackTraffic(.halving, racks: racks)
        #expect(halving.slices == RackTraffic(.direct, racks: racks).slices)
        #expect(halving.slices == 16 * traffic(.halving, nodes: 64, nodesPerRack: 16).slices)
    }

    @Test(arguments: [(48, 12), (64, 12), (60, 20), (100, 16), (24, 6)])
    func `racks of any size are crossed by less in a halving, and by more than of powers of two`(
        nodes: Int, nodesPerRack: Int
    ) {
        let halving = traffic(.halving, nodes: nodes, nodesPerRack: nodesPerRack)
        #expect(halving.slices < traffic(.direct, nodes: nodes, nodesPerRack: nodesPerRack).slices)
        #expect(halving.slices >= 2 * (nodes - nodesPerRack))
    }

    @Test func `nothing crosses the uplink of a single rack`() {
        for rounds in [ExchangeRounds.direct, .halving] {
            #expect(traffic(rounds, nodes: 9, nodesPerRack: 16).slices == 0)
            #expect(traffic(rounds, nodes: 1, nodesPerRack: 1).slices == 0)
        }
    }
}
