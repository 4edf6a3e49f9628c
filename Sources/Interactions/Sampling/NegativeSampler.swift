import KernelCore

/// Draws negatives of training samples: uniform over all items, drawn again while the user has the item in train;
/// repeats are possible.
struct NegativeSampler {
    let count: Int
    private let store: SequenceStore
    /// Train items of the user whose negatives are drawn; empty between samples.
    private let marks: ItemMarks

    /// From so many negatives on it pays to mark the items of the user, instead of bisecting for every draw.
    private static let negativesWorthMarks = 16

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
                    negatives[draw] = stream.nextItem(itemCount) { own.containsSorted($0) }
                }
            } else {
                marks.insert(own)
                for draw in 0..<count {
                    negatives[draw] = stream.nextItem(itemCount) { marks.contains($0) }
                }
                marks.removeAll(own)
            }
        }
    }
}

extension RandomStream {
    /// An item of 1...`itemCount` that is not refused.
    @inline(__always)
    fileprivate mutating func nextItem(_ itemCount: UInt32, refusing isRefused: (Int32) -> Bool) -> Int32 {
        while true {
            let item = 1 + Int32(next(below: itemCount))
            if !isRefused(item) { return item }
        }
    }
}

extension UnsafeBufferPointer<Int32> {
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
