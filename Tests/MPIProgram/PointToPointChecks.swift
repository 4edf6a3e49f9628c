import MPI

extension Check {
    static var pointToPoint: [Check] {
        [
            Check("every element type arrives as it was sent") { world, findings in
                func echo<Element: MPIDatatype & Equatable>(_ values: [Element]) throws {
                    let (next, previous) = world.ring
                    let request = try world.startSend(Buffer(copying: values), to: next, tag: 4)
                    let received = try world.receive(Element.self, from: previous, tag: 4)
                    findings.expectEqual(received.values, values)
                    findings.expectEqual(received.status.count, values.count)
                    try request.wait()
                }
                try echo([Int8.min, -1, .max])
                try echo([Int16.min, -1, .max])
                try echo([Int32.min, -1, .max])
                try echo([Int64.min, -1, .max])
                try echo([Int.min, -1, .max])
                try echo([UInt8.min, 1, .max])
                try echo([UInt16.min, 1, .max])
                try echo([UInt32.min, 1, .max])
                try echo([UInt64.min, 1, .max])
                try echo([UInt.min, 1, .max])
                try echo([-Float.greatestFiniteMagnitude, .leastNonzeroMagnitude, .infinity])
                try echo([-Double.greatestFiniteMagnitude, .leastNonzeroMagnitude, .infinity])
                try echo([true, false, true])
                try echo([Int32]())
            },
            Check("a receive says source, tag and count") { world, findings in
                guard world.rank > 0 else {
                    var sources: Set<Int> = []
                    for _ in 1..<world.size {
                        let received = try world.receive(Double.self)
                        let source = received.status.source
                        sources.insert(source)
                        findings.expectEqual(received.status.tag, 100 + source)
                        findings.expectEqual(received.values, Array(repeating: Double(source), count: source))
                    }
                    findings.expectEqual(sources, Set(1..<world.size))
                    return
                }
                try world.send(Array(repeating: Double(world.rank), count: world.rank), to: 0, tag: 100 + world.rank)
            },
            Check("tags keep messages apart") { world, findings in
                let (next, previous) = world.ring
                let first = try world.startSend(Buffer(copying: [Int32(1)]), to: next, tag: 1)
                let second = try world.startSend(Buffer(copying: [Int32(2)]), to: next, tag: 2)
                findings.expectEqual(try world.receive(Int32.self, from: previous, tag: 2).values, [2])
                findings.expectEqual(try world.receive(Int32.self, from: previous, tag: nil).values, [1])
                try first.wait()
                try second.wait()
            },
            Check("a receive into memory fills its front") { world, findings in
                let (next, previous) = world.ring
                let request = try world.startSend(Buffer(copying: [Float(1), 2, 3]), to: next)
                let memory = [Float](repeating: 9, count: 5).leaked
                let status = try world.receive(into: memory, from: previous)
                findings.expectEqual(status.count, 3)
                findings.expectEqual(Array(memory), [1, 2, 3, 9, 9])
                try request.wait()
            },
            Check("send and receive at once does not deadlock") { world, findings in
                let (next, previous) = world.ring
                // Beyond the size up to which a send returns before it is received.
                let values = [Int](repeating: world.rank, count: 100_000)
                let received = try world.sendReceive(
                    values, to: next, receivingAtMost: 100_001, from: previous)
                findings.expectEqual(received.values, [Int](repeating: previous, count: 100_000))
                findings.expectEqual(received.status.source, previous)
                let incoming = [Int](repeating: 0, count: 100_000).leaked
                let status = try world.sendReceive(
                    values.leaked.constant, to: next, tag: 5, into: incoming, from: previous, receiveTag: 5)
                findings.expectEqual([status.source, status.tag, status.count], [previous, 5, 100_000])
                findings.expect(incoming.allSatisfy { $0 == previous }, "values differ")
            },
            Check("a probe says what is there and leaves it there") { world, findings in
                let (next, previous) = world.ring
                findings.expectEqual(try world.probeIfAvailable(for: Int16.self, tag: 77), nil)
                try world.barrier()
                let request = try world.startSend(Buffer(copying: [Int16(4), 5]), to: next, tag: 77)
                let status = try world.probe(for: Int16.self, from: previous)
                findings.expectEqual([status.source, status.tag, status.count], [previous, 77, 2])
                findings.expectEqual(try world.probeIfAvailable(for: Int16.self, tag: 77), status)
                findings.expectEqual(try world.receive(Int16.self, from: previous).values, [4, 5])
                try request.wait()
            },
        ]
    }
}
