import MPI

/// How many elements go to or come from each rank, and where those of each begin, one block behind the other.
struct RankBlocks {
    /// `[ranks]`.
    private(set) var counts: [Int32]
    /// `[ranks]`.
    private(set) var starts: [Int32]

    init(ranks: Int) {
        counts = Array(repeating: 0, count: ranks)
        starts = counts
    }

    /// Elements of all blocks.
    var total: Int { Int(counts.last ?? 0) + Int(starts.last ?? 0) }

    /// Sets the count of each rank, and with them the starts.
    mutating func fill(_ count: (_ rank: Int) -> Int) {
        var start = 0
        for rank in counts.indices {
            let own = count(rank)
            precondition(start + own <= Int(Int32.max), "\(start + own) elements are beyond one exchange of MPI")
            counts[rank] = Int32(own)
            starts[rank] = Int32(start)
            start += own
        }
    }

    /// Calls `body` with the blocks as MPI takes them.
    func withPartition<Result>(_ body: (Partition) throws(MPIError) -> Result) throws(MPIError) -> Result {
        try counts.withElements { (counts) throws(MPIError) in
            try starts.withElements { (starts) throws(MPIError) in
                try body(Partition(counts: counts, displacements: starts))
            }
        }
    }
}
