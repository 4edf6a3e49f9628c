import MPI

/// Messages of any length between the ranks of a communicator, started together and read as they arrive.
///
/// A message travels in pieces that Open MPI sends without asking. A longer one would wait for the answer of its
/// receiver, and over TCP that answer stands in line behind what the receiver itself is sending: where both directions
/// are busy, as they are here, a third of the time would be lost.
///
/// The first word of a message is its length, so that no other message has to go ahead with it.
struct MessageRound: ~Copyable {
    /// A message that is to be received.
    private struct Reception {
        let buffer: UnsafeMutableBufferPointer<Float>
        let source: Int
        /// Pieces behind the first one that are under way.
        var pendingPieces = 0
    }

    /// Words at the start of every message that belong to this type.
    static let headerCount = 1

    /// Words of a piece: with what MPI adds, below the 64 KiB up to which Open MPI sends at once over TCP.
    private static let pieceCount = 16_000
    private static let tag: Int = 1

    private let communicator: Communicator
    private var receptions: [Reception] = []
    /// The first pieces that are to be received, in the order of the receptions.
    private var heads: RequestGroup
    /// The other ones, and for each the reception that it belongs to.
    private var pieces: RequestGroup
    private var owners: [Int] = []
    private var sends: RequestGroup

    /// - Parameter capacity: words that are sent and received in a round; more make it grow.
    init(_ communicator: Communicator, capacity: Int) {
        self.communicator = communicator
        let pieceCapacity = capacity / Self.pieceCount + 2 * communicator.size
        heads = RequestGroup(capacity: communicator.size)
        pieces = RequestGroup(capacity: pieceCapacity)
        sends = RequestGroup(capacity: pieceCapacity)
        receptions.reserveCapacity(communicator.size)
        owners.reserveCapacity(pieceCapacity)
    }

    /// Starts to receive a message of at most `buffer.count` words. One from each rank in a round.
    mutating func startReceive(into buffer: UnsafeMutableBufferPointer<Float>, from source: Int) throws(MPIError) {
        receptions.append(Reception(buffer: buffer, source: source))
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
            try communicator.startSend(piece, to: destination, tag: Self.tag, in: &sends)
            start = end
        }
    }

    /// Waits until one more message is complete.
    ///
    /// - Returns: the rank that it is from; nil when all were reported and all sends are complete, whereupon the next
    ///   round can begin.
    mutating func nextMessage() throws(MPIError) -> Int? {
        while heads.pendingCount + pieces.pendingCount > 0 {
            if let number = try heads.testAny() {
                try startPieces(of: number)
                if receptions[number].pendingPieces == 0 { return receptions[number].source }
            }
            if let piece = try pieces.testAny() {
                let number = owners[piece]
                receptions[number].pendingPieces -= 1
                if receptions[number].pendingPieces == 0 { return receptions[number].source }
            }
        }
        receptions.removeAll(keepingCapacity: true)
        try sends.waitForAll()
        return nil
    }

    /// Starts to receive what comes behind the first piece of a message.
    private mutating func startPieces(of number: Int) throws(MPIError) {
        let (buffer, source) = (receptions[number].buffer, receptions[number].source)
        let count = Int(buffer[0].bitPattern)
        var start = Self.pieceCount
        while start < count {
            let end = min(start + Self.pieceCount, count)
            let piece = UnsafeMutableBufferPointer(rebasing: buffer[start..<end])
            try communicator.startReceive(into: piece, from: source, tag: Self.tag, in: &pieces)
            // The group counts from 0 again when it was empty, and so do the owners.
            owners.removeLast(max(owners.count - (pieces.count - 1), 0))
            owners.append(number)
            receptions[number].pendingPieces += 1
            start = end
        }
    }

    /// Waits until all messages are sent and received.
    mutating func finish() throws(MPIError) {
        while try nextMessage() != nil {}
    }
}
