import MPI

extension Communicator {
    /// Seconds of messages in one direction between ranks 0 and 1, the median of several: sent there and back, and halved.
    /// Other ranks return 0 at once.
    ///
    /// - Parameters:
    ///   - count: floats of a message.
    ///   - messages: those that are sent one behind the other before an answer.
    ///   - repetitions: at least 1.
    package func oneWaySeconds(count: Int, messages: Int = 1, repetitions: Int) throws(MPIError) -> Double {
        guard rank < 2 else { return 0 }
        let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: count)
        buffer.initialize(repeating: 0)
        defer { buffer.deallocate() }
        let message = UnsafeBufferPointer(buffer)
        var times: [Double] = []
        // The first round trip opens connections.
        for _ in 0...repetitions {
            let start = PhaseClock.now
            for _ in 0..<(rank == 0 ? messages : 0) { try send(message, to: 1) }
            for _ in 0..<messages { try receive(into: buffer, from: 1 - rank) }
            for _ in 0..<(rank == 1 ? messages : 0) { try send(message, to: 0) }
            times.append(Double(PhaseClock.now - start) * 1e-9 / 2)
        }
        return times.dropFirst().median
    }
}

extension Sequence<Double> {
    /// The middle one, the upper of two; NaN of nothing.
    package var median: Double {
        let sorted = sorted()
        return sorted.isEmpty ? .nan : sorted[sorted.count / 2]
    }
}
