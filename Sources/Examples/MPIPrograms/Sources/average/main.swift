import MPI

// The ranks of a host share memory: each writes its number, and all read all numbers without a message. Between hosts
// the sums travel.
MPI.run { world in
    let node = try world.splitBySharedMemory()
    let window = try SharedWindow<Double>(count: 1, on: node)
    window.segment(of: node.rank).initialize(repeating: Double(world.rank))
    try window.synchronizeAll()
    let own = (0..<node.size).map { window.segment(of: $0)[0] }.reduce(0, +)
    try window.free()

    let sum = try world.allReduce(node.rank == 0 ? own : 0, .sum)
    if world.rank == 0 { print("the average of \(world.size) ranks is \(sum / Double(world.size))") }
}
