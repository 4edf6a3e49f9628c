import Glibc
import KernelCore

/// Log-uniform draws by popularity: the memory that ``NegativeDistribution`` and the correction of the scores point to.
final class PopularityDistribution: Sendable {
    // The memory is written once, before anybody else sees it.
    nonisolated(unsafe) let items: NegativeDistribution
    /// `[itemCount + 1]`, `-log q` of each item.
    nonisolated(unsafe) let offsets: UnsafePointer<Float>

    private nonisolated(unsafe) let order: UnsafeMutablePointer<Int32>
    private nonisolated(unsafe) let corrections: UnsafeMutablePointer<Float>

    /// - Parameter counts: `[itemCount + 1]`, interactions of each item; of equal ones the smaller id comes first.
    init(_ counts: [Int32]) {
        let itemCount = counts.count - 1
        order = .allocate(capacity: max(itemCount, 1))
        corrections = .allocate(capacity: itemCount + 1)
        corrections[0] = 0
        let range = log(Double(itemCount + 1))
        let ranked = (1..<max(itemCount + 1, 1)).sorted { (counts[$1], $0) < (counts[$0], $1) }
        for (rank, item) in ranked.enumerated() {
            order[rank] = Int32(item)
            corrections[item] = Float(-log(log1p(1 / Double(rank + 1)) / range))
        }
        items = NegativeDistribution(itemCount: itemCount, byRank: UnsafePointer(order))
        offsets = UnsafePointer(corrections)
    }

    deinit {
        order.deallocate()
        corrections.deallocate()
    }
}
