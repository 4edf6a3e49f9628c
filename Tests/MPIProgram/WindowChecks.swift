import MPI

extension Check {
    static var windows: [Check] {
        [
            Check("a shared window shows everybody's segment to everybody") { world, findings in
                let node = try world.splitBySharedMemory()
                // Segments of different sizes; that of rank 1 is empty.
                func count(_ rank: Int) -> Int { rank == 1 ? 0 : 1_000 * (rank + 1) + 3 }
                let window = try SharedWindow<Float>(count: count(node.rank), on: node)
                findings.expectEqual(window.rankCount, node.size)
                for round in 0..<10 {
                    let own = window.segment(of: node.rank)
                    for index in own.indices { own[index] = Float(round * 10_000 + node.rank * 1_000 + index) }
                    try window.synchronizeAll()
                    for rank in 0..<node.size {
                        let segment = window.segment(of: rank)
                        findings.expectEqual(segment.count, count(rank))
                        findings.expect(
                            segment.indices.allSatisfy { segment[$0] == Float(round * 10_000 + rank * 1_000 + $0) },
                            "segment of rank \(rank) in round \(round)")
                    }
                    try window.synchronizeAll()
                }
                try window.free()
            },
            Check("a shared window can be written by others") { world, findings in
                let node = try world.splitBySharedMemory()
                let window = try SharedWindow<Int64>(count: node.size, on: node)
                for rank in 0..<node.size {
                    let segment = window.segment(of: rank)
                    segment[node.rank] = Int64(100 * node.rank + rank)
                }
                try window.synchronizeAll()
                findings.expectEqual(
                    Array(window.segment(of: node.rank)), (0..<node.size).map { Int64(100 * $0 + node.rank) })
                try window.free()
            },
            Check("segments of a shared window begin on cache lines") { world, findings in
                let node = try world.splitBySharedMemory()
                let window = try SharedWindow<UInt8>(count: 5 + node.rank, on: node)
                for rank in 0..<node.size {
                    findings.expectEqual(Int(bitPattern: window.segment(of: rank).baseAddress) % 64, 0)
                }
                try window.free()
            },
            Check("a message orders two synchronized ranks") { world, findings in
                let node = try world.splitBySharedMemory()
                let window = try SharedWindow<Int>(count: 1, on: node)
                window.segment(of: node.rank)[0] = 42 + node.rank
                try window.synchronize()
                let token = try node.startSend(Buffer(copying: [UInt8(1)]), to: node.ring.next)
                findings.expectEqual(try node.receive(UInt8.self, from: node.ring.previous).values, [1])
                try window.synchronize()
                findings.expectEqual(window.segment(of: node.ring.previous)[0], 42 + node.ring.previous)
                try token.wait()
                try window.free()
            },
            Check("a window of impossible size is refused") { world, findings in
                let error = findings.expectError { () throws(MPIError) in
                    let window = try SharedWindow<Double>(count: .max, on: world)
                    try window.free()
                }
                findings.expectEqual(error?.reason, .countTooLarge(.max))
            },
        ]
    }
}
