import MPI

extension Check {
    static var errors: [Check] {
        [
            Check("an invalid rank is MPI's own error") { world, findings in
                let error = findings.expectError { () throws(MPIError) in try world.send([1], to: world.size) }
                findings.expectEqual(error?.call, "MPI_Send")
                guard case .library(let code, .rank)? = error?.reason else {
                    findings.expect(false, "\(String(describing: error))")
                    return
                }
                findings.expect(code != 0, "code 0")
                findings.expectEqual(error?.message, "MPI_ERR_RANK: invalid rank")
                findings.expectEqual(error?.description, "MPI_Send: MPI_ERR_RANK: invalid rank")
            },
            Check("an invalid root, tag and source are MPI's own errors") { world, findings in
                func expectClass(_ expected: ErrorClass, _ body: () throws(MPIError) -> Void) {
                    guard case .library(_, let found)? = findings.expectError(body)?.reason else {
                        return findings.expect(false, "not an error of the library")
                    }
                    findings.expectEqual(found, expected)
                }
                expectClass(.root) { () throws(MPIError) in _ = try world.broadcast(1, from: world.size) }
                expectClass(.tag) { () throws(MPIError) in try world.send(1, to: 0, tag: -3) }
                expectClass(.rank) { () throws(MPIError) in _ = try world.receive(Int.self, from: -1) }
                expectClass(.rank) { () throws(MPIError) in _ = try world.receive(Int.self, from: .max) }
            },
            Check("errors of new communicators are returned too") { world, findings in
                let copy = try world.duplicate()
                let error = findings.expectError { () throws(MPIError) in try copy.send(1, to: copy.size) }
                findings.expectEqual(error?.call, "MPI_Send")
                let part = try world.split(color: 0)
                findings.expectError { () throws(MPIError) in try part?.send(1, to: 99) }
                let node = try world.splitBySharedMemory()
                findings.expectError { () throws(MPIError) in try node.send(1, to: 99) }
            },
            Check("a message that is too long is an error") { world, findings in
                let request = try world.startSend(Buffer(copying: [Int16(1), 2, 3]), to: world.ring.next)
                let error = findings.expectError { () throws(MPIError) in
                    try world.receive(into: [Int16(0)].leaked, from: world.ring.previous)
                }
                guard case .library(_, .truncated)? = error?.reason else {
                    return findings.expect(false, "\(String(describing: error))")
                }
                try request.wait()
            },
            Check("counts beyond 32 bits are refused") { world, findings in
                // Never touched: the count is refused before.
                let memory = UnsafeMutableBufferPointer<UInt8>(
                    start: UnsafeMutablePointer.allocate(capacity: 1), count: Int(Int32.max) + 1)
                let tooMany = MPIError.Reason.countTooLarge(Int(Int32.max) + 1)
                func expectRefusal(line: Int = #line, _ body: () throws(MPIError) -> Void) {
                    findings.expectEqual(findings.expectError(line: line, body)?.reason, tooMany, line: line)
                }
                expectRefusal { () throws(MPIError) in try world.send(memory.constant, to: 0) }
                expectRefusal { () throws(MPIError) in try world.receive(into: memory) }
                expectRefusal { () throws(MPIError) in try world.broadcast(memory, from: 0) }
                expectRefusal { () throws(MPIError) in try world.allReduce(inPlace: memory, .sum) }
                expectRefusal { () throws(MPIError) in try world.gather(memory.constant, into: memory, at: 0) }
                expectRefusal { () throws(MPIError) in try world.allGather(memory.constant, into: memory) }
                expectRefusal { () throws(MPIError) in try world.scatter(memory.constant, into: memory, from: 0) }
                expectRefusal { () throws(MPIError) in try world.startSend(memory.constant, to: 0).abandon() }
                expectRefusal { () throws(MPIError) in try world.startBroadcast(memory, from: 0).abandon() }
                expectRefusal { () throws(MPIError) in try world.startAllReduce(inPlace: memory, .sum).abandon() }
                let counts = [Int](repeating: Int(Int32.max), count: 2) + [Int](repeating: 0, count: world.size)
                let error = findings.expectError { () throws(MPIError) in
                    try world.startAllToAll(
                        Buffer<UInt8>(repeating: 0, count: 0), counts: counts,
                        into: Buffer<UInt8>(repeating: 0, count: 0), counts: counts
                    ).abandon()
                }
                findings.expectEqual(error?.reason, .countTooLarge(2 * Int(Int32.max)))
            },
            Check("counts and buffers that contradict each other are refused") { world, findings in
                let three = [Float](repeating: 0, count: 3 * world.size).leaked
                let tooShort = UnsafeMutableBufferPointer(rebasing: three[1...])
                let zeros = [Int32](repeating: 0, count: world.size).leaked.constant
                let fours = [Int32](repeating: Int32(4 * world.size), count: world.size).leaked.constant
                let negative = [Int32](repeating: -1, count: world.size).leaked.constant
                let none = Partition(counts: zeros, displacements: zeros)
                func expectRefusal(line: Int = #line, _ body: () throws(MPIError) -> Void) {
                    findings.expectEqual(
                        findings.expectError(line: line, body)?.reason, .mismatchedArguments, line: line)
                }
                expectRefusal { () throws(MPIError) in try world.allReduce(three.constant, into: tooShort, .sum) }
                expectRefusal { () throws(MPIError) in try world.allToAll(three.constant, into: tooShort) }
                expectRefusal { () throws(MPIError) in try world.allGather(three.constant, into: tooShort) }
                expectRefusal { () throws(MPIError) in
                    let partition = Partition(counts: fours, displacements: zeros)
                    try world.allToAll(three.constant, none, into: three, partition)
                }
                expectRefusal { () throws(MPIError) in
                    let partition = Partition(counts: negative, displacements: zeros)
                    try world.allGather(three.constant, into: three, partition)
                }
                expectRefusal { () throws(MPIError) in
                    let empty = UnsafeBufferPointer<Int32>(start: nil, count: 0)
                    try world.allGather(inPlace: three, Partition(counts: empty, displacements: zeros))
                }
                expectRefusal { () throws(MPIError) in
                    try world.reduceScatter(three.constant, counts: zeros, into: three, .sum)
                }
                expectRefusal { () throws(MPIError) in _ = try world.allToAll(ValuesByRank([[Int]]())) }
            },
            Check("what ranks do together fails on all or none") { world, findings in
                findings.expectEqual(try world.collectively { world.rank * 2 }, world.rank * 2)
                let culprit = world.size - 1
                do {
                    try world.collectively { if world.rank == culprit { throw ScenarioError.badData } }
                    findings.expect(false, "no error was thrown")
                } catch let failure as PeerFailure {
                    findings.expect(world.rank != culprit, "the culprit does not know itself")
                    findings.expectEqual(failure.rank, culprit)
                } catch {
                    findings.expect(world.rank == culprit && error is ScenarioError, "\(error)")
                }
                try world.barrier()
            },
            Check("the cause survives when parts of the ranks agreed before") { world, findings in
                // The first rank of the upper part only learns that the last failed; it comes before it in the world.
                let culprit = world.size - 1
                let part = try world.split(color: world.rank == 0 && world.size > 1 ? 0 : 1)
                do {
                    try world.collectively {
                        try part?.collectively { if world.rank == culprit { throw ScenarioError.badData } }
                    }
                    findings.expect(false, "no error was thrown")
                } catch let failure as PeerFailure {
                    findings.expect(world.rank != culprit, "the culprit does not know itself")
                    findings.expectEqual(failure.rank, culprit)
                } catch {
                    findings.expect(world.rank == culprit && error is ScenarioError, "\(error)")
                }
            },
        ]
    }
}
