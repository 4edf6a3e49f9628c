import KernelCore

/// Draws negatives of training samples: uniform over the items that the user has not in train; repeats are possible.
///
/// An item is drawn from all, and again while the user has it. After ``mostTries`` of these the index of the negative
/// among the items that the user has not is drawn, so that the time has a bound, however many items a user has.
struct NegativeSampler {
    let count: Int
    private let store: SequenceStore
    /// Train items of the user whose negatives are drawn; empty between samples.
    private let marks: ItemMarks

    /// From so many negatives on it pays to mark the items of the user, instead of bisecting for every draw.
    private static let negativesWorthMarks = 16
    /// A user with less than two thirds of the items needs more of them once in 10^11 draws.
    static let mostTries = 64

    /// - Parameter count: negatives of a sample.
    init(store: SequenceStore, count: Int) {
        self.count = count
        self.store = store
        marks = ItemMarks(itemCount: store.itemCount)
    }

    /// Writes the negatives of a sample of `local` behind `negatives`.
    @inline(__always)
    func draw(forLocal local: Int, from stream: inout RandomStream, into negatives: UnsafeMutablePointer<Int32>) {
        let itemCount = UInt32(store.itemCount)
        store.trainItems.withUnsafeBufferPointer { trainItems in
            let own = UnsafeBufferPointer(
                rebasing: trainItems[store.trainOffsets[local]..<store.trainOffsets[local + 1]])
            if count < Self.negativesWorthMarks {
                for draw in 0..<count {
                    negatives[draw] = stream.nextItem(itemCount, outside: own) { own.containsSorted($0) }
                }
            } else {
                marks.insert(own)
                for draw in 0..<count {
                    negatives[draw] = stream.nextItem(itemCount, outside: own) { marks.contains($0) }
                }
                marks.removeAll(own)
            }
        }
    }
}

extension RandomStream {
    /// An item of 1...`itemCount` that is not refused.
    ///
    /// - Parameter own: the items that are refused, ascending; not all.
    @inline(__always)
    fileprivate mutating func nextItem(
        _ itemCount: UInt32, outside own: UnsafeBufferPointer<Int32>, refusing isRefused: (Int32) -> Bool
    ) -> Int32 {
        for _ in 0..<NegativeSampler.mostTries {
            let item = 1 + Int32(next(below: itemCount))
            if !isRefused(item) { return item }
        }
        return own.absentItem(Int32(next(below: itemCount - UInt32(own.count))))
    }
}

extension UnsafeBufferPointer<Int32> {
    /// The item at an index, from 0, among those from 1 on that are not here. Ascending elements without repeats.
    func absentItem(_ index: Int32) -> Int32 {
        // Below element i there are element - 1 - i absent items.
        var (lower, upper) = (0, count)
        while lower < upper {
            let middle = (lower + upper) / 2
            if self[middle] - 1 - Int32(middle) <= index { lower = middle + 1 } else { upper = middle }
        }
        return index + 1 + Int32(lower)
    }

    /// Whether ascending elements contain one, by bisection without a branch on the elements, which would be
    /// mispredicted half of the time.
    @inline(__always)
    fileprivate func containsSorted(_ element: Int32) -> Bool {
        guard var base = baseAddress, !isEmpty else { return false }
        var length = count
        while length > 1 {
            let half = length >> 1
            base += base[half] <= element ? half : 0
            length &-= half
        }
        return base.pointee == element
    }
}
