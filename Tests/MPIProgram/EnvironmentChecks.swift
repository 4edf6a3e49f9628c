import MPI

extension Check {
    static var environment: [Check] {
        [
            Check("the environment describes itself") { world, findings in
                findings.expect(MPIEnvironment.isActive, "MPI is not active")
                findings.expect(MPIEnvironment.threadLevel >= .funneled, "\(MPIEnvironment.threadLevel)")
                findings.expect(!MPIEnvironment.processorName.isEmpty, "no processor name")
                findings.expect(
                    MPIEnvironment.libraryVersion.contains("Open MPI"), MPIEnvironment.libraryVersion)
                findings.expect(MPIEnvironment.standardVersion.major >= 3, "an MPI before version 3")
                findings.expect(MPIEnvironment.wallTimeResolution < 0.01, "a coarse clock")
                let start = MPIEnvironment.wallTime
                let clock = ContinuousClock()
                let deadline = clock.now + .milliseconds(5)
                while clock.now < deadline {}
                let elapsed = MPIEnvironment.wallTime - start
                findings.expect(elapsed >= 0.004 && elapsed < 5, "\(elapsed) seconds")
                let names = try world.allGather(MPIEnvironment.processorName)
                findings.expectEqual(names[world.rank], MPIEnvironment.processorName)
            },
            Check("launcher and world agree under mpirun") { world, findings in
                findings.expectEqual(launcherDiscrepancy(worldSize: world.size), nil)
                if world.size > 1 {
                    findings.expectEqual(
                        launcherDiscrepancy(worldSize: 1),
                        launcherDiscrepancy(
                            environment: ["OMPI_COMM_WORLD_SIZE": "\(world.size)"], worldSize: 1))
                    findings.expectEqual(launcherDiscrepancy(worldSize: 1)?.tasks, world.size)
                }
            },
        ]
    }

    static var communicators: [Check] {
        [
            Check("world and alone have their ranks") { world, findings in
                findings.expect((0..<world.size).contains(world.rank), "rank \(world.rank)")
                findings.expectEqual(try world.allGather(world.rank), Array(0..<world.size))
                findings.expectEqual(Communicator.alone.size, 1)
                findings.expectEqual(Communicator.alone.rank, 0)
                findings.expectEqual(try Communicator.alone.allReduce(world.rank, .sum), world.rank)
            },
            Check("split makes one communicator per color, ordered by key") { world, findings in
                let members = (0..<world.size).filter { $0 % 2 == world.rank % 2 }
                let part = try world.split(color: world.rank % 2, key: -world.rank)
                findings.expectEqual(part?.size, members.count)
                findings.expectEqual(try part?.allGather(world.rank), members.reversed())
                let inOrder = try world.split(color: world.rank % 2)
                findings.expectEqual(try inOrder?.allGather(world.rank), members)
            },
            Check("split without a color joins nothing") { world, findings in
                let part = try world.split(color: world.rank == 0 ? nil : 3)
                findings.expectEqual(part == nil, world.rank == 0)
                if let part { findings.expectEqual(part.size, world.size - 1) }
                let error = findings.expectError { () throws(MPIError) in _ = try world.split(color: -1) }
                findings.expectEqual(error?.reason, .mismatchedArguments)
            },
            Check("split by shared memory joins the ranks of a host") { world, findings in
                let node = try world.splitBySharedMemory()
                findings.expectEqual(node.size, world.size)
                findings.expectEqual(try node.allGather(world.rank), Array(0..<world.size))
            },
            Check("messages of a duplicate do not meet those of the original") { world, findings in
                let copy = try world.duplicate()
                findings.expectEqual([copy.rank, copy.size], [world.rank, world.size])
                let (next, previous) = world.ring
                let first = try world.startSend(Buffer(copying: [Int32(1)]), to: next)
                let second = try copy.startSend(Buffer(copying: [Int32(2)]), to: next)
                findings.expectEqual(try copy.receive(Int32.self, from: previous).values, [2])
                findings.expectEqual(try world.receive(Int32.self, from: previous).values, [1])
                try first.wait()
                try second.wait()
            },
            Check("a hundred communicators are freed") { world, findings in
                for round in 0..<100 {
                    let copy = try world.duplicate()
                    findings.expectEqual(try copy.allReduce(round, .maximum), round)
                }
            },
        ]
    }
}

extension Communicator {
    /// The neighbours of this rank in a ring of all ranks.
    var ring: (next: Int, previous: Int) { ((rank + 1) % size, (rank + size - 1) % size) }
}

extension Array {
    /// Memory that is never given back, for checks on calls that take pointers.
    var leaked: UnsafeMutableBufferPointer<Element> {
        let memory = UnsafeMutableBufferPointer<Element>.allocate(capacity: count)
        _ = memory.initialize(from: self)
        return memory
    }
}

extension UnsafeMutableBufferPointer {
    var constant: UnsafeBufferPointer<Element> { UnsafeBufferPointer(self) }
}
