import DistributedOptimizer
import Testing

/// Who sends what to whom, for any number of nodes.
@Suite struct HalvingScheduleTests {
    private static let clusters = Array(1...40) + [64, 100, 127, 1024]

    /// The smallest number of halvings that leave one node of so many.
    private func logarithm(_ nodes: Int) -> Int { (0...).first { 1 << $0 >= nodes }! }

    @Test(arguments: clusters) func `a node sends one message in each of about log2 n rounds`(nodes: Int) {
        let schedule = HalvingSchedule(nodes: nodes)
        #expect(schedule.rounds.count == nodes)
        #expect(ExchangeRounds.halvings(ofNodes: nodes) == logarithm(nodes))
        for (node, rounds) in schedule.rounds.enumerated() {
            #expect(rounds.count <= logarithm(nodes))
            #expect(rounds.allSatisfy { (0...2).contains($0.sources.count) })
            #expect(rounds.count { $0.sources.count == 2 } <= 1)
            #expect(rounds.allSatisfy { $0.kept.contains(node) && $0.given.contains($0.destination) })
            for (number, round) in rounds.enumerated() {
                #expect(schedule.rounds[round.destination][number].sources.contains(node))
                #expect(round.sources.allSatisfy { schedule.rounds[$0][number].destination == node })
            }
        }
        #expect(schedule.rounds.map(\.count).max() == logarithm(nodes))
    }

    @Test(arguments: clusters.filter { $0 <= 127 })
    func `every part of every slice reaches its owner exactly once`(nodes: Int) {
        let schedule = HalvingSchedule(nodes: nodes)
        // Of each node and slice, the nodes whose part is there.
        var parts = (0..<nodes).map { node in (0..<nodes).map { _ in [node] } }
        for number in 0..<logarithm(nodes) {
            var next = parts
            for node in 0..<nodes where number < schedule.rounds[node].count {
                let round = schedule.rounds[node][number]
                for slice in round.given {
                    next[round.destination][slice] += parts[node][slice]
                    next[node][slice].removeAll { parts[node][slice].contains($0) }
                }
            }
            parts = next
        }
        for node in 0..<nodes {
            for slice in 0..<nodes {
                #expect(parts[node][slice].sorted() == (slice == node ? Array(0..<nodes) : []))
            }
        }
    }

    @Test(arguments: clusters.filter { $0 <= 127 })
    func `every node gets the sum of every slice exactly once`(nodes: Int) {
        let schedule = HalvingSchedule(nodes: nodes)
        var sums = (0..<nodes).map { [$0] }
        for number in (0..<logarithm(nodes)).reversed() {
            let before = sums
            for node in 0..<nodes where number < schedule.rounds[node].count {
                #expect(before[node] == schedule.gathered(node, behind: number + 1))
                sums[node] += before[schedule.rounds[node][number].destination]
                #expect(
                    sums[node].sorted()
                        == (schedule.rounds[node][number].kept + schedule.rounds[node][number].given).sorted())
            }
        }
        for node in 0..<nodes {
            #expect(sums[node].first == node)
            #expect(sums[node].sorted() == Array(0..<nodes))
            #expect(schedule.gathered(node, behind: 0) == sums[node])
        }
    }

    @Test(arguments: clusters) func `all messages of a step are twice log2 n of each node at most`(
        nodes: Int
    ) {
        let schedule = HalvingSchedule(nodes: nodes)
        for rounds in schedule.rounds {
            let sent = rounds.count + rounds.reduce(0) { $0 + $1.sources.count }
            #expect(sent <= 2 * logarithm(nodes))
        }
        let all = schedule.rounds.joined().reduce(0) { $0 + 1 + $1.sources.count }
        #expect(all <= 2 * nodes * logarithm(nodes))
        if nodes == 1 << logarithm(nodes) { #expect(all == 2 * nodes * logarithm(nodes)) }
    }
}
