/// How a buffer is divided among the ranks of a collective call: for every rank the number of its elements and where
/// they begin.
///
/// Borrows the memory of the counts and displacements: both must live as long as the call, or as the request that it
/// starts. Nothing is allocated. Blocks may leave gaps; those that are received into must not overlap.
public struct Partition {
    /// Elements per rank.
    public let counts: UnsafeBufferPointer<Int32>
    /// Index of the first element per rank.
    public let displacements: UnsafeBufferPointer<Int32>

    /// Blocks that are checked by the call that they are given to.
    ///
    /// - Parameters:
    ///   - counts: `[ranks]`, numbers of elements.
    ///   - displacements: `[ranks]`, in elements from the start of the buffer.
    public init(counts: UnsafeBufferPointer<Int32>, displacements: UnsafeBufferPointer<Int32>) {
        self.counts = counts
        self.displacements = displacements
    }

    /// Checks that there is a block for each of `ranks` ranks and that each lies inside of `count` elements.
    func check(ranks: Int, count: Int, _ call: StaticString) throws(MPIError) {
        guard counts.count == ranks, displacements.count == ranks else {
            throw .mismatch(
                call,
                """
                \(counts.count) counts and \(displacements.count) displacements for \(ranks) ranks
                pass one of each for every rank of the communicator
                """)
        }
        for rank in 0..<ranks {
            let (blockCount, start) = (Int(counts[rank]), Int(displacements[rank]))
            guard blockCount >= 0, blockCount == 0 || (start >= 0 && start + blockCount <= count) else {
                throw .mismatch(
                    call,
                    """
                    the block of rank \(rank) has \(blockCount) elements from \(start), the buffer has \(count)
                    counts and displacements are numbers of elements, not of bytes
                    """)
            }
        }
    }
}

/// Counts and the displacements of blocks that lie behind each other, in memory of their own.
struct ContiguousPartition: ~Copyable {
    private let storage: UnsafeMutableBufferPointer<Int32>
    let total: Int

    init(counts: [Int], _ call: StaticString) throws(MPIError) {
        var total = 0
        for count in counts {
            _ = try checkedCount(count, call)
            total += count
        }
        _ = try checkedCount(total, call)
        self.total = total
        storage = .allocate(capacity: 2 * counts.count)
        var start = 0
        for (rank, count) in counts.enumerated() {
            storage[rank] = Int32(count)
            storage[counts.count + rank] = Int32(start)
            start += count
        }
    }

    deinit { storage.deallocate() }

    var partition: Partition {
        let ranks = storage.count / 2
        let all = UnsafeBufferPointer(storage)
        return Partition(
            counts: UnsafeBufferPointer(rebasing: all[..<ranks]),
            displacements: UnsafeBufferPointer(rebasing: all[ranks...]))
    }
}
