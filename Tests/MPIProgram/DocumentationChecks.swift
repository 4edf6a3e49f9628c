import MPI

/// The examples of the documentation, as they stand there.
extension Check {
    static var documentation: [Check] {
        [
            Check("example: a sum over the ranks") { world, findings in
                let total = try world.allReduce(world.rank, .sum)
                findings.expectEqual(total, world.size * (world.size - 1) / 2)
            },
            Check("example: results that own their memory") { world, findings in
                let listsForEveryRank = (0..<world.size).map { [Double](repeating: Double(world.rank), count: $0) }
                let names = try world.allGather(MPIEnvironment.processorName)
                let lists = try world.allToAll(ValuesByRank(listsForEveryRank))
                findings.expectEqual(names.count, world.size)
                findings.expectEqual(
                    lists.map(Array.init),
                    (0..<world.size).map { [Double](repeating: Double($0), count: world.rank) })
            },
            Check("example: memory of the caller") { world, findings in
                let (outgoing, outgoingPartition) = blocks((0..<world.size).map { [Float($0)] })
                let (incoming, incomingPartition) = blocks((0..<world.size).map { _ in [Float(-1)] })
                try world.allToAll(outgoing.constant, outgoingPartition, into: incoming, incomingPartition)
                let expected = blocks((0..<world.size).map { _ in [Float(world.rank)] })
                findings.expectEqual(Array(incoming), Array(expected.memory))
                let (parameters, slices) = blocks((0..<world.size).map { [Float($0 == world.rank ? $0 : -1)] })
                try world.allGather(inPlace: parameters, slices)
                findings.expectEqual(Array(parameters), Array(blocks((0..<world.size).map { [Float($0)] }).memory))
            },
            Check("example: work under way while a buffer is sent") { world, findings in
                var buffer = Buffer(copying: [1.0, 2.0, 3.0])
                buffer[0] = Double(world.rank)
                let request = try world.startAllReduce(inPlace: buffer, .sum)
                let squares = (1...1_000).map { $0 * $0 }.reduce(0, +)
                buffer = try request.wait()
                findings.expectEqual(squares, 333_833_500)
                findings.expectEqual(
                    buffer.values,
                    [Double(world.size * (world.size - 1) / 2), 2 * Double(world.size), 3 * Double(world.size)])
            },
            Check("example: an exchange in flight") { world, findings in
                let outgoing = Buffer(repeating: Float(world.rank), count: world.size)
                let incoming = Buffer<Float>(repeating: 0, count: world.size)
                let request = try world.startAllToAll(outgoing, into: incoming)
                let rows = try request.wait()
                findings.expectEqual(rows.incoming.values, (0..<world.size).map { Float($0) })
            },
            Check("example: a deadline") { world, _ in
                var request = try world.startBarrier()
                do {
                    try request.waitUntilComplete(within: .seconds(60))
                } catch {
                    request.abandon()
                    throw error
                }
                try request.wait()
            },
            Check("example: a group of requests") { world, findings in
                let outgoing = (0..<world.size).map { [Float(world.rank), Float($0)].leaked.constant }
                let incoming = (0..<world.size).map { _ in [Float(0), 0].leaked }
                var group = RequestGroup(capacity: 2 * world.size)
                for peer in 0..<world.size where peer != world.rank {
                    try world.startReceive(into: incoming[peer], from: peer, in: &group)
                    try world.startSend(outgoing[peer], to: peer, in: &group)
                }
                try group.waitForAll()
                for peer in 0..<world.size where peer != world.rank {
                    findings.expectEqual(Array(incoming[peer]), [Float(peer), Float(world.rank)])
                }
            },
            Check("example: memory that a host shares") { world, findings in
                let node = try world.splitBySharedMemory()
                let window = try SharedWindow<Float>(count: 1_000, on: node)
                window.segment(of: node.rank).initialize(repeating: Float(node.rank))
                try window.synchronizeAll()
                let next = window.segment(of: (node.rank + 1) % node.size)[0]
                try window.free()
                findings.expectEqual(next, Float((node.rank + 1) % node.size))
            },
            Check("example: an error of the library") { world, findings in
                do throws(MPIError) {
                    try world.send([1, 2, 3], to: 99)
                    findings.expect(false, "rank 99 exists")
                } catch {
                    let text = "\(error.call) \(error.reason) \(error.message)"
                    findings.expect(text.contains("MPI_Send") && text.contains("invalid rank"), text)
                }
            },
            Check("example: something that fails on all ranks or on none") { world, findings in
                func read(shard: Int) throws -> [Int] { [shard] }
                let records = try world.collectively { try read(shard: world.rank) }
                findings.expectEqual(records, [world.rank])
            },
            Check("example: values by rank") { world, findings in
                let names = try world.allGather(Array("host \(world.rank)".utf8))
                var texts: [String] = []
                for rank in names.indices { texts.append(String(decoding: names[rank], as: UTF8.self)) }
                findings.expectEqual(texts, (0..<world.size).map { "host \($0)" })
            },
        ]
    }
}
