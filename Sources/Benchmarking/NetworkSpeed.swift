import DistributedOptimizer
import MPI

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
        let short = try pair?.oneWaySeconds(count: Self.shortCount, repetitions: 201) ?? 0
        let burst =
            try pair?.oneWaySeconds(count: Self.shortCount, messages: Self.burstCount, repetitions: 51) ?? 0
        let long = try pair?.oneWaySeconds(count: Self.longCount, repetitions: 5) ?? 0
        latency = try world.broadcast(short, from: 0)
        gap = max(try world.broadcast(burst, from: 0) - latency, 0) / Double(Self.burstCount - 1)
        let bytes = Double((Self.longCount - Self.shortCount) * MemoryLayout<Float>.stride)
        secondsPerByte = max(try world.broadcast(long, from: 0) - latency, 0) / bytes
    }
}
