import MPI

// The area under 4 / (1 + x^2) from 0 to 1, by the midpoints of a million strips. Every rank adds the strips of its
// share, and a reduction adds the ranks.
MPI.run { world in
    let strips = 1_000_000
    let share = world.rank * strips / world.size..<(world.rank + 1) * strips / world.size
    var sum = 0.0
    for strip in share {
        let x = (Double(strip) + 0.5) / Double(strips)
        sum += 4 / (1 + x * x)
    }
    let pi = try world.allReduce(sum, .sum) / Double(strips)
    if world.rank == 0 { print("pi is about \(pi)") }
}
