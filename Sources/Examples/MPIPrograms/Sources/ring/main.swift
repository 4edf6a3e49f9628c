import MPI

// Every rank sends its number to the next one while it receives that of the rank before. The request must be waited
// for: a program that drops it while the message is on its way ends with an error.
MPI.run { world in
    let next = (world.rank + 1) % world.size
    let previous = (world.rank + world.size - 1) % world.size
    let request = try world.startReceive(into: Buffer(repeating: 0, count: 1), from: previous)
    try world.send(world.rank, to: next)
    let arrival = try request.wait()
    let lines = try world.allGather("\(arrival.buffer[0]) -> \(world.rank)")
    if world.rank == 0 { print(lines.joined(separator: ", ")) }
}
