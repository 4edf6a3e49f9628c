import KernelCore
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
    func withPartition<Result, Failure: Error>(
        _ body: (Partition) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try counts.withElements { (counts) throws(Failure) in
            try starts.withElements { (starts) throws(Failure) in
                try body(Partition(counts: counts, displacements: starts))
            }
        }
    }
}

extension Array {
    /// `withUnsafeBufferPointer` for closures that throw one type of error.
    func withElements<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<Element>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withUnsafeBufferPointer { elements in
            Swift.Result { () throws(Failure) in try body(elements) }
        }.get()
    }
}

/// Memory that grows and never shrinks, and whose content is lost where it grows.
final class GrowingBuffer<Element: BitwiseCopyable> {
    private var memory: UnsafeMutablePointer<Element>
    private var capacity = 64

    init() { memory = LargeMemory.allocate(count: 64) }

    deinit { LargeMemory.deallocate(memory) }

    /// Bytes of the buffer.
    var byteCount: Int { capacity * MemoryLayout<Element>.stride }

    /// The first `count` elements.
    func callAsFunction(_ count: Int) -> UnsafeMutableBufferPointer<Element> {
        if count > capacity {
            LargeMemory.deallocate(memory)
            capacity = max(count, 2 * capacity)
            memory = LargeMemory.allocate(count: capacity)
        }
        return UnsafeMutableBufferPointer(start: memory, count: count)
    }
}
