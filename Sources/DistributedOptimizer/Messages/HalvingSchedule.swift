/// Which node sends to which in an exchange by halving, for any number of nodes.
///
/// A group of nodes adds up the slices of all of its members. In a round it splits in two: the nodes at even and those at
/// odd positions. Of two neighbours each sends the other what that one's half will add up, and keeps the rest. So in the
/// first round neighbours meet, in the second one neighbours of pairs: what meets are neighbouring shards, the halves of
/// a subtree where nodes have equally many. A group of one has its sum.
///
///     nodes       0 1 2 3 4 5 6 7       slices that node 0 adds up on: all
///     round 0     0-1 2-3 4-5 6-7       0 2 4 6
///     round 1     0---2   4---6         0 4                             and of the odd ones 1---3   5---7
///     round 2     0-------4             0                               and so on
///
/// Where a group has an odd number of nodes, the last one has no neighbour behind it: it sends to the one before it, which
/// adds up two messages, and keeps what it has of its own half. So a node sends one message in each round, and receives
/// at most two.
///
/// The finished sums take the same ways back: in the last round first, from the node that was sent to, and with all slices
/// that it has by then.
package struct HalvingSchedule {
    /// One round of one node.
    package struct Round {
        /// The nodes of its half, itself among them, whose slices it adds up on.
        package let kept: [Int]
        /// The nodes of the other half, whose slices it gives away.
        package let given: [Int]
        /// The one of them that it sends to.
        package let destination: Int
        /// Those of them that send to it.
        package let sources: [Int]
    }

    /// Of each node, in their order. Groups of different sizes need different numbers of rounds.
    package let rounds: [[Round]]

    /// For so many nodes, at least one.
    package init(nodes: Int) {
        var rounds = [[Round]](repeating: [], count: nodes)
        func divide(_ group: [Int]) {
            guard group.count > 1 else { return }
            let even = stride(from: 0, to: group.count, by: 2).map { group[$0] }
            let odd = stride(from: 1, to: group.count, by: 2).map { group[$0] }
            let isUneven = even.count > odd.count
            for (index, node) in even.enumerated() {
                let hasNeighbour = index < odd.count
                rounds[node].append(
                    Round(
                        kept: even, given: odd, destination: odd[min(index, odd.count - 1)],
                        sources: hasNeighbour ? [odd[index]] : []))
            }
            for (index, node) in odd.enumerated() {
                let hasTwo = isUneven && index == odd.count - 1
                rounds[node].append(
                    Round(
                        kept: odd, given: even, destination: even[index],
                        sources: hasTwo ? [even[index], even[index + 1]] : [even[index]]))
            }
            divide(even)
            divide(odd)
        }
        divide(Array(0..<nodes))
        self.rounds = rounds
    }

    /// The slices whose sums a node has on the way back before it receives those of round `round - 1`, in the order in
    /// which they have come: its own first.
    package func gathered(_ node: Int, behind round: Int) -> [Int] {
        guard round < rounds[node].count else { return [node] }
        return gathered(node, behind: round + 1) + gathered(rounds[node][round].destination, behind: round + 1)
    }
}
