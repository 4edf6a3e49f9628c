import Glibc

/// Address space of which a page takes memory only from the first write to it on, and until it is released: for a table of
/// which a process needs some rows, each at its own place.
///
/// What nobody has written to reads as zero.
public final class ReservedMemory {
    /// Bytes from the start, a multiple of the page size.
    public let byteCount: Int
    /// The first byte, on a page.
    public let start: UnsafeMutableRawPointer

    private static let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))

    /// Reserves address space; where there is none, the process ends as ``LargeMemory`` says.
    public init(byteCount: Int) {
        let size = max(byteCount, 1) + Self.pageSize - 1
        self.byteCount = size - size % Self.pageSize
        let memory = mmap(
            nil, self.byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let memory, memory != MAP_FAILED else {
            LargeMemory.end(MemoryShortage(byteCount: self.byteCount, bytesInUse: 0))
        }
        // A large page would take memory for rows that nobody needs.
        madvise(memory, self.byteCount, MADV_NOHUGEPAGE)
        start = memory
    }

    deinit { munmap(start, byteCount) }

    /// Gives back the pages that lie in `range` as a whole: they read as zero again.
    ///
    /// - Parameter range: bytes from the start.
    public func release(_ range: Range<Int>) {
        let first = (range.lowerBound + Self.pageSize - 1) / Self.pageSize * Self.pageSize
        let end = min(range.upperBound, byteCount) / Self.pageSize * Self.pageSize
        guard first < end else { return }
        madvise(start + first, end - first, MADV_DONTNEED)
    }

    /// Lets the pages in `range` be large ones, where the system has such: for what is needed as a whole.
    ///
    /// - Parameter range: bytes from the start.
    public func expectUse(of range: Range<Int>) {
        let first = (range.lowerBound + Self.pageSize - 1) / Self.pageSize * Self.pageSize
        let end = min(range.upperBound, byteCount) / Self.pageSize * Self.pageSize
        guard first < end else { return }
        madvise(start + first, end - first, MADV_HUGEPAGE)
    }
}
