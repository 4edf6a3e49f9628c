import DistributedOptimizer
import MPI
import Training

/// What a message between two nodes takes: `latency + bytes * secondsPerByte`, measured by sending it there and back.
public struct NetworkSpeed: Sendable {
    /// Seconds that each further message takes, of empty ones that a node sends one behind the other.
    public let gap: Double
    /// Seconds of an empty message.
    public let latency: Double
    /// Seconds that each byte adds.
    public let secondsPerByte: Double

    private static let shortCount = 1
    private static let longCount = 1 << 20
    private static let burstCount = 33

    /// As the choice between ways of the exchange takes it.
    var cost: MessageCost { MessageCost(latency: latency, gap: gap, secondsPerByte: secondsPerByte) }

    /// Measures between the first two ranks of `pair` and tells all of `world`. Takes half a minute at 1 Mbit/s and no
    /// time worth mentioning from 100 Mbit/s on. Collective over `world`.
    ///
    /// - Parameter pair: nil for a rank that only listens to what was found; ranks behind the second do so, too.
    init(_ pair: Communicator?, world: Communicator) throws(MPIError) {
        let short = try Self.oneWay(pair, count: Self.shortCount, repetitions: 201)
        let burst = try Self.oneWay(pair, count: Self.shortCount, messages: Self.burstCount, repetitions: 51)
        let long = try Self.oneWay(pair, count: Self.longCount, repetitions: 5)
        latency = try world.broadcast(short, from: 0)
        gap = max(try world.broadcast(burst, from: 0) - latency, 0) / Double(Self.burstCount - 1)
        let bytes = Double((Self.longCount - Self.shortCount) * MemoryLayout<Float>.stride)
        secondsPerByte = max(try world.broadcast(long, from: 0) - latency, 0) / bytes
    }

    /// Seconds of messages in one direction, the median.
    private static func oneWay(
        _ pair: Communicator?, count: Int, messages: Int = 1, repetitions: Int
    ) throws(MPIError) -> Double {
        guard let pair, pair.rank < 2 else { return 0 }
        let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: count)
        buffer.initialize(repeating: 0)
        defer { buffer.deallocate() }
        let message = UnsafeBufferPointer(buffer)
        var times: [Double] = []
        // The first round trip opens connections.
        for _ in 0...repetitions {
            let start = ContinuousClock.now
            for _ in 0..<(pair.rank == 0 ? messages : 0) { try pair.send(message, to: 1) }
            for _ in 0..<messages { try pair.receive(into: buffer, from: 1 - pair.rank) }
            for _ in 0..<(pair.rank == 1 ? messages : 0) { try pair.send(message, to: 0) }
            times.append((ContinuousClock.now - start).inSeconds / 2)
        }
        return times.dropFirst().median
    }
}

extension Sequence<Double> {
    /// The middle one, the upper of two; NaN of nothing.
    var median: Double {
        let sorted = sorted()
        return sorted.isEmpty ? .nan : sorted[sorted.count / 2]
    }
}
