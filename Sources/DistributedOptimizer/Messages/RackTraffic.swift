/// What an exchange sends through the uplinks of racks, counted in slices: of the sum of the gradients a node adds up one.
///
/// In a halving neighbours meet first, and a node sends them half of all slices, then a quarter to the neighbours of pairs,
/// and so on. So where the nodes stand rack by rack, and a rack has a power of two of them, long messages stay within it. Of
/// `n` nodes, `r` a rack, a rack sends
///
///     r n (1 / 2r + 1 / 4r + ... + 1 / n) = n - r     slices there, and as many back, by halving
///     r (n - r)                                        slices there, and as many back, directly
package struct RackTraffic: Sendable, Equatable {
    /// For each round there, the slices that cross an uplink in one direction, of the rack and direction with the most.
    package let there: [Int]
    /// The same on the way back, in the order of the rounds there.
    package let back: [Int]

    /// - Parameters:
    ///   - rounds: ``ExchangeRounds/direct`` or ``ExchangeRounds/halving``.
    ///   - racks: the rack of each node, counted from 0.
    package init(_ rounds: ExchangeRounds, racks: [Int]) {
        switch rounds {
        case .direct, .automatic:
            // Each node sends to each other one: a slice there, and a slice back.
            let nodes = racks.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            let most = nodes.values.map { $0 * (racks.count - $0) }.max() ?? 0
            (there, back) = ([most], [most])
        case .halving:
            let schedule = HalvingSchedule(nodes: racks.count)
            let count = schedule.rounds.map(\.count).max() ?? 0
            var (there, back) = ([Int](repeating: 0, count: count), [Int](repeating: 0, count: count))
            for round in 0..<count {
                var (toGiven, toSources) = (Crossings(racks), Crossings(racks))
                for (node, rounds) in schedule.rounds.enumerated() where round < rounds.count {
                    let own = rounds[round]
                    toGiven.add(own.given.count, from: racks[node], to: racks[own.destination])
                    // By then it has the sums of its own half.
                    for source in own.sources { toSources.add(own.kept.count, from: racks[node], to: racks[source]) }
                }
                (there[round], back[round]) = (toGiven.most, toSources.most)
            }
            (self.there, self.back) = (there, back)
        }
    }

    /// The racks of nodes that stand rack by rack.
    package static func racks(ofNodes nodes: Int, nodesPerRack: Int) -> [Int] { (0..<nodes).map { $0 / nodesPerRack } }

    /// Slices through an uplink in a step, in one direction: of each round the rack and direction with the most.
    package var slices: Int { (there + back).reduce(0, +) }

    /// Bytes of dense gradients through an uplink in a step, in one direction.
    ///
    /// - Parameter slice: bytes of the slice of a node.
    package func bytes(slice: Int) -> Int { slices * slice }

    /// What leaves and enters each rack.
    private struct Crossings {
        private var sent: [Int]
        private var received: [Int]

        init(_ racks: [Int]) {
            sent = [Int](repeating: 0, count: (racks.max() ?? 0) + 1)
            received = sent
        }

        mutating func add(_ slices: Int, from source: Int, to destination: Int) {
            guard source != destination else { return }
            sent[source] += slices
            received[destination] += slices
        }

        var most: Int { max(sent.max() ?? 0, received.max() ?? 0) }
    }
}
