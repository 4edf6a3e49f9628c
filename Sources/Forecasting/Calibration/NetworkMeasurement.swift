import DistributedOptimizer
import MPI
import Training

/// Measures messages between the first ranks of the first two nodes.
struct NetworkMeasurement {
    private let world: Communicator

    private static let shortRepetitions = 201
    private static let longRepetitions = 5
    private static let longCount = 1 << 20
    /// Messages that are under way at the same time, and how often.
    private static let burst = (messages: 64, repetitions: 21)

    init(world: Communicator) { self.world = world }

    /// What was found; nil where all ranks share a node. Takes half a minute at 1 Mbit/s. Collective.
    func run() throws -> Calibration.Network? {
        let node = try world.splitBySharedMemory(key: world.rank)
        let leaders = try world.split(color: node.rank == 0 ? 0 : nil, key: world.rank)
        let nodes = try world.allReduce(node.rank == 0 ? 1 : 0, .sum)
        guard nodes > 1 else { return nil }
        let pair = (leaders?.rank ?? 2) < 2 ? leaders : nil
        let short = try pair?.oneWaySeconds(count: 1, repetitions: Self.shortRepetitions) ?? 0
        let long = try pair?.oneWaySeconds(count: Self.longCount, repetitions: Self.longRepetitions) ?? 0
        let overhead = try overhead(pair)
        let latency = try world.broadcast(short, from: 0)
        let bytes = Double((Self.longCount - 1) * MemoryLayout<Float>.stride)
        return Calibration.Network(
            latency: latency, overhead: try world.broadcast(overhead, from: 0),
            secondsPerByte: max(try world.broadcast(long, from: 0) - latency, 0) / bytes)
    }

    /// Seconds of a short message in each direction among many, the median.
    private func overhead(_ pair: Communicator?) throws(MPIError) -> Double {
        guard let pair else { return 0 }
        let count = Self.burst.messages
        let incoming = UnsafeMutableBufferPointer<Float>.allocate(capacity: count)
        let outgoing = UnsafeMutableBufferPointer<Float>.allocate(capacity: count)
        incoming.initialize(repeating: 0)
        outgoing.initialize(repeating: 0)
        defer {
            incoming.deallocate()
            outgoing.deallocate()
        }
        var group = RequestGroup(capacity: 2 * count)
        var times: [Double] = []
        for _ in 0...Self.burst.repetitions {
            let start = ContinuousClock.now
            for index in 0..<count {
                let buffer = UnsafeMutableBufferPointer(rebasing: incoming[index..<index + 1])
                try pair.startReceive(into: buffer, from: 1 - pair.rank, tag: 1, in: &group)
            }
            for index in 0..<count {
                let message = UnsafeBufferPointer(rebasing: outgoing[index..<index + 1])
                try pair.startSend(message, to: 1 - pair.rank, tag: 1, in: &group)
            }
            try group.waitForAll()
            times.append((ContinuousClock.now - start).inSeconds / Double(count))
        }
        return times.dropFirst().median
    }
}
