import MPI

/// The value that rank `source` has for rank `destination`.
private func letter(from source: Int, to destination: Int) -> Int32 { Int32(100 * source + destination) }

extension Check {
    static var exchanges: [Check] {
        [
            Check("an all-to-all exchanges blocks of equal length") { world, findings in
                let outgoing = (0..<world.size).flatMap { peer in
                    [letter(from: world.rank, to: peer), -letter(from: world.rank, to: peer)]
                }
                let expected = (0..<world.size).flatMap { peer in
                    [letter(from: peer, to: world.rank), -letter(from: peer, to: world.rank)]
                }
                findings.expectEqual(try world.allToAll(outgoing), expected)
                let incoming = [Int32](repeating: 0, count: expected.count).leaked
                try world.allToAll(outgoing.leaked.constant, into: incoming)
                findings.expectEqual(Array(incoming), expected)
            },
            Check("an all-to-all exchanges blocks of any length") { world, findings in
                // Rank s has (s + d) % 3 values for rank d, so some blocks are empty.
                func block(_ source: Int, _ destination: Int) -> [Int32] {
                    [Int32](repeating: letter(from: source, to: destination), count: (source + destination) % 3)
                }
                let outgoing = (0..<world.size).map { block(world.rank, $0) }
                let expected = (0..<world.size).map { block($0, world.rank) }
                findings.expectEqual(try world.allToAll(ValuesByRank(outgoing)), ValuesByRank(expected))

                let out = blocks(outgoing)
                let into = blocks(expected.map { $0.map { _ in Int32(-1) } })
                try world.allToAll(out.memory.constant, out.partition, into: into.memory, into.partition)
                findings.expectEqual(Array(into.memory), blocks(expected).memory.map { $0 })
            },
            Check("an all-to-all of nothing is none") { world, findings in
                let nothing = ValuesByRank([[Float]](repeating: [], count: world.size))
                findings.expectEqual(try world.allToAll(nothing), nothing)
                findings.expectEqual(try world.allToAll([Int]()), [])
                let exchange = blocks([[Double]](repeating: [], count: world.size))
                try world.allToAll(
                    exchange.memory.constant, exchange.partition, into: exchange.memory, exchange.partition)
            },
        ]
    }
}

/// Lists laid out in memory with one unused element, 0, before each block.
func blocks<Element: MPIDatatype & Numeric>(
    _ lists: [[Element]]
) -> (memory: UnsafeMutableBufferPointer<Element>, partition: Partition) {
    var all: [Element] = []
    var starts: [Int32] = []
    for list in lists {
        all.append(0)
        starts.append(Int32(all.count))
        all += list
    }
    let counts = lists.map { Int32($0.count) }
    return (
        all.leaked, Partition(counts: counts.leaked.constant, displacements: starts.leaked.constant)
    )
}
