/// Another rank of a communicator failed in ``Communicator/collectively(_:)``.
public struct PeerFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The rank that failed and throws its own error, counted in the world.
    public let rank: Int

    public var description: String { "rank \(rank) failed and reports why" }
}

extension Communicator {
    /// Does something that may fail on some ranks only, and lets it fail on all or on none. Collective.
    ///
    /// Every rank calls it and gets to its end: reading a file that only some ranks see, for example. If `body` fails
    /// anywhere, the lowest rank that failed throws its own error, the others throw ``PeerFailure``. So one message is
    /// printed and no rank waits for one that is gone.
    ///
    ///     let records = try world.collectively { try read(shard(of: world.rank)) }
    ///
    /// `body` must not take part in collective calls of this communicator that other ranks could miss by failing.
    public func collectively<Result>(_ body: () throws -> Result) throws -> Result {
        let outcome = Swift.Result(catching: body)
        // An error of its own goes before word of somebody else's, from which the cause could not be learnt.
        let success = 2 * size
        let standing: Int
        var culprit = Communicator.world.rank
        switch outcome {
        case .success: standing = success
        case .failure(let failure as PeerFailure):
            standing = size + rank
            culprit = failure.rank
        case .failure: standing = rank
        }
        let first = try allReduce(standing, .minimum)
        guard first < success else { return try outcome.get() }
        culprit = try broadcast(culprit, from: first % size)
        if first == rank { _ = try outcome.get() }
        throw PeerFailure(rank: culprit)
    }
}
