import MPI

/// Messages of any length between the ranks of a communicator, started together and waited for together.
///
/// A message travels in pieces that Open MPI sends without asking. A longer one would wait for the answer of its
/// receiver, and over TCP that answer stands in line behind what the receiver itself is sending: where both directions
/// are busy, as they are here, a third of the time would be lost.
///
/// The first word of a message is its length, so that no other message has to go ahead with it.
struct MessageRound: ~Copyable {
    /// Words at the start of every message that belong to this type.
    static let headerCount = 1

    /// Words of a piece: with what MPI adds, below the 64 KiB up to which Open MPI sends at once over TCP.
    private static let pieceCount = 16_000
    private static let tag: Int = 1

    private let communicator: Communicator
    /// The first pieces that are to be received, and the messages that they belong to.
    private var heads: RequestGroup
    private var receptions: [(buffer: UnsafeMutableBufferPointer<Float>, source: Int)] = []
    private var pieces: RequestGroup

    /// - Parameter capacity: words that are sent and received in a round; more make it grow.
    init(_ communicator: Communicator, capacity: Int) {
        self.communicator = communicator
        heads = RequestGroup(capacity: communicator.size)
        receptions.reserveCapacity(communicator.size)
        pieces = RequestGroup(capacity: capacity / Self.pieceCount + 2 * communicator.size)
    }

    /// Starts to receive a message of at most `buffer.count` words. One from each rank in a round.
    mutating func startReceive(into buffer: UnsafeMutableBufferPointer<Float>, from source: Int) throws(MPIError) {
        receptions.append((buffer, source))
        let head = UnsafeMutableBufferPointer(rebasing: buffer.prefix(Self.pieceCount))
        try communicator.startReceive(into: head, from: source, tag: Self.tag, in: &heads)
    }

    /// Starts to send all words of `message`, of which the first is free for its length.
    mutating func startSend(_ message: UnsafeMutableBufferPointer<Float>, to destination: Int) throws(MPIError) {
        message[0] = Float(bitPattern: UInt32(message.count))
        var start = 0
        while start < message.count {
            let end = min(start + Self.pieceCount, message.count)
            let piece = UnsafeBufferPointer(rebasing: message[start..<end])
            try communicator.startSend(piece, to: destination, tag: Self.tag, in: &pieces)
            start = end
        }
    }

    /// Waits until all messages are sent and received.
    mutating func finish() throws(MPIError) {
        while let index = try heads.waitForAny() {
            let (buffer, source) = receptions[index]
            let count = Int(buffer[0].bitPattern)
            var start = Self.pieceCount
            while start < count {
                let end = min(start + Self.pieceCount, count)
                let piece = UnsafeMutableBufferPointer(rebasing: buffer[start..<end])
                try communicator.startReceive(into: piece, from: source, tag: Self.tag, in: &pieces)
                start = end
            }
        }
        receptions.removeAll(keepingCapacity: true)
        try pieces.waitForAll()
    }
}
