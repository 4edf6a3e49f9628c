import Glibc
import KernelCore

/// Draws by popularity: the memory that ``NegativeDistribution`` and the correction of the scores point to.
final class PopularityDistribution: Sendable {
    // The memory is written once, before anybody else sees it.
    nonisolated(unsafe) let items: NegativeDistribution
    /// `[itemCount + 1]`, `-log q` of each item.
    nonisolated(unsafe) let offsets: UnsafePointer<Float>

    private nonisolated(unsafe) let order: UnsafeMutablePointer<Int32>?
    private nonisolated(unsafe) let cumulative: UnsafeMutablePointer<Int64>?
    private nonisolated(unsafe) let corrections: UnsafeMutablePointer<Float>

    /// Log-uniform draws by rank of popularity.
    ///
    /// - Parameter counts: `[itemCount + 1]`, interactions of each item; of equal ones the smaller id comes first.
    init(_ counts: [Int32]) {
        let itemCount = counts.count - 1
        let order = UnsafeMutablePointer<Int32>.allocate(capacity: max(itemCount, 1))
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
        self.order = order
        cumulative = nil
    }

    /// Draws by the number of interactions: `q_i = share / n + (1 - share) c_i / sum c`.
    ///
    /// - Parameters:
    ///   - counts: `[itemCount + 1]`, interactions of each item.
    ///   - uniformShare: of uniform draws among all, from 0 to 1.
    init(_ counts: [Int32], uniformShare: Float) {
        let itemCount = counts.count - 1
        let cumulative = UnsafeMutablePointer<Int64>.allocate(capacity: itemCount + 1)
        corrections = .allocate(capacity: itemCount + 1)
        corrections[0] = 0
        cumulative[0] = 0
        for item in 1..<max(itemCount + 1, 1) { cumulative[item] = cumulative[item - 1] + Int64(counts[item]) }
        // Without interactions, as for a model that is only looked at, all items are alike.
        if cumulative[itemCount] == 0 { for item in 0...itemCount { cumulative[item] = Int64(item) } }
        let total = Double(max(cumulative[itemCount], 1))
        for item in 1..<max(itemCount + 1, 1) {
            let own = Double(cumulative[item] - cumulative[item - 1])
            // An item without interactions is never drawn: its correction is that of a single one, for a finite number.
            let share = Double(uniformShare)
            let q = share / Double(itemCount) + (1 - share) * max(own, share > 0 ? 0 : 1) / total
            corrections[item] = Float(-log(q))
        }
        items = NegativeDistribution(
            itemCount: itemCount, cumulativeCounts: UnsafePointer(cumulative), uniformShare: uniformShare)
        offsets = UnsafePointer(corrections)
        self.cumulative = cumulative
        order = nil
    }

    deinit {
        order?.deallocate()
        cumulative?.deallocate()
        corrections.deallocate()
    }
}
