import MPI

extension Check {
    static var collectives: [Check] {
        [
            Check("a barrier holds everybody") { world, findings in
                for _ in 0..<20 { try world.barrier() }
                let node = try world.splitBySharedMemory()
                let window = try SharedWindow<Int>(count: 1, on: node)
                window.segment(of: node.rank)[0] = 0
                try window.synchronizeAll()
                let clock = ContinuousClock()
                let deadline = clock.now + .milliseconds(5 * node.rank)
                while clock.now < deadline {}
                window.segment(of: node.rank)[0] = 1
                try window.synchronizeAll()
                findings.expectEqual((0..<node.size).map { window.segment(of: $0)[0] }.reduce(0, +), node.size)
                try window.synchronizeAll()
                try window.free()
            },
            Check("a broadcast brings the root's values") { world, findings in
                for root in 0..<world.size {
                    findings.expectEqual(try world.broadcast(world.rank * 10, from: root), root * 10)
                    let own = [Float](repeating: Float(world.rank), count: world.rank + 1)
                    findings.expectEqual(
                        try world.broadcast(own, from: root), [Float](repeating: Float(root), count: root + 1))
                    findings.expectEqual(try world.broadcast("rank \(world.rank) ✓", from: root), "rank \(root) ✓")
                    findings.expectEqual(try world.broadcast([Int8](), from: root), [])
                    let memory = [Double](repeating: Double(world.rank), count: 1_000).leaked
                    try world.broadcast(memory, from: root)
                    findings.expect(memory.allSatisfy { $0 == Double(root) }, "values differ")
                }
            },
            Check("a scatter hands out blocks") { world, findings in
                for root in 0..<world.size {
                    let all = (0..<(2 * world.size)).map { Int32($0 + root) }.leaked
                    let own = [Int32](repeating: -1, count: 2).leaked
                    try world.scatter(all.constant, into: own, from: root)
                    findings.expectEqual(Array(own), [Int32(2 * world.rank + root), Int32(2 * world.rank + 1 + root)])
                }
            },
            Check("a scatter hands out blocks of any length") { world, findings in
                let lists = (0..<world.size).map { [UInt16](repeating: UInt16($0), count: 2 * $0) }
                for root in 0..<world.size {
                    let values = world.rank == root ? ValuesByRank(lists) : nil
                    findings.expectEqual(try world.scatter(values, from: root), lists[world.rank])
                }
                // With gaps, and the blocks in reverse order.
                let counts = [Int32](repeating: 1, count: world.size).leaked
                let starts = (0..<world.size).map { Int32(2 * (world.size - 1 - $0)) }.leaked
                let all = (0..<(2 * world.size)).map { Float($0) }.leaked
                let own = [Float(-1)].leaked
                let partition = Partition(counts: counts.constant, displacements: starts.constant)
                try world.scatter(all.constant, world.rank == 0 ? partition : nil, into: own, from: 0)
                findings.expectEqual(own[0], Float(2 * (world.size - 1 - world.rank)))
            },
            Check("a scatter without lists is an error everywhere") { world, findings in
                let nothing: ValuesByRank<Int>? = nil
                let error = findings.expectError { () throws(MPIError) in _ = try world.scatter(nothing, from: 0) }
                findings.expectEqual(error?.reason, .mismatchedArguments)
            },
        ]
    }

    static var gathering: [Check] {
        [
            Check("a gather brings everybody's values to the root") { world, findings in
                for root in 0..<world.size {
                    let values = try world.gather(Double(world.rank) / 2, at: root)
                    findings.expectEqual(
                        values, world.rank == root ? (0..<world.size).map { Double($0) / 2 } : nil)
                    let texts = try world.gather("r\(world.rank)", at: root)
                    findings.expectEqual(texts, world.rank == root ? (0..<world.size).map { "r\($0)" } : nil)
                    let lists = try world.gather(Array(0..<(world.rank % 2 * 3)), at: root)
                    findings.expectEqual(lists == nil, world.rank != root)
                    findings.expectEqual(
                        lists.map { $0.map(Array.init) },
                        lists == nil ? nil : (0..<world.size).map { Array(0..<($0 % 2 * 3)) })
                }
            },
            Check("a gather into memory follows its partition") { world, findings in
                let own = [Int32](repeating: Int32(world.rank), count: world.rank + 1).leaked
                let counts = (0..<world.size).map { Int32($0 + 1) }
                // A gap of one element before each block.
                let starts = (0..<world.size).map { rank in Int32((0..<rank).reduce(0) { $0 + $1 + 2 } + 1) }
                let total = (0..<world.size).reduce(0) { $0 + $1 + 2 }
                let partition = Partition(counts: counts.leaked.constant, displacements: starts.leaked.constant)
                var expected: [Int32] = []
                for rank in 0..<world.size { expected += [-1] + [Int32](repeating: Int32(rank), count: rank + 1) }

                let everywhere = [Int32](repeating: -1, count: total).leaked
                try world.allGather(own.constant, into: everywhere, partition)
                findings.expectEqual(Array(everywhere), expected)

                let inPlace = [Int32](repeating: -1, count: total).leaked
                for index in 0..<own.count { inPlace[Int(starts[world.rank]) + index] = own[index] }
                try world.allGather(inPlace: inPlace, partition)
                findings.expectEqual(Array(inPlace), expected)

                let root = world.size - 1
                let atRoot = [Int32](repeating: -1, count: world.rank == root ? total : 0).leaked
                try world.gather(own.constant, into: atRoot, world.rank == root ? partition : nil, at: root)
                if world.rank == root { findings.expectEqual(Array(atRoot), expected) }
            },
            Check("an all-gather brings everybody's values to everybody") { world, findings in
                findings.expectEqual(try world.allGather(UInt8(world.rank)), (0..<world.size).map { UInt8($0) })
                findings.expectEqual(
                    try world.allGather(world.rank == 0), (0..<world.size).map { $0 == 0 })
                let lists = try world.allGather([Float](repeating: Float(world.rank), count: 3 * world.rank))
                findings.expectEqual(lists.counts, (0..<world.size).map { 3 * $0 })
                for rank in lists.indices {
                    findings.expectEqual(Array(lists[rank]), [Float](repeating: Float(rank), count: 3 * rank))
                }
                let texts = (0..<world.size).map { String(repeating: "é", count: $0) }
                findings.expectEqual(try world.allGather(texts[world.rank]), texts)
                let memory = [Int](repeating: 0, count: 2 * world.size).leaked
                try world.allGather([world.rank, -world.rank].leaked.constant, into: memory)
                findings.expectEqual(Array(memory), (0..<world.size).flatMap { [$0, -$0] })
            },
        ]
    }
}
