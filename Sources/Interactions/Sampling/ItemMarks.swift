/// A set of items with one bit an item, for questions that come many times between changes.
final class ItemMarks {
    private let words: UnsafeMutablePointer<UInt64>

    init(itemCount: Int) {
        words = .allocate(capacity: itemCount / 64 + 1)
        words.initialize(repeating: 0, count: itemCount / 64 + 1)
    }

    deinit { words.deallocate() }

    @inline(__always)
    func insert(_ items: UnsafeBufferPointer<Int32>) {
        for item in items { words[Int(item) >> 6] |= 1 << UInt64(item & 63) }
    }

    /// Takes out `items` and whatever shares a word with them: all, if nothing else is in the set.
    @inline(__always)
    func removeAll(_ items: UnsafeBufferPointer<Int32>) {
        for item in items { words[Int(item) >> 6] = 0 }
    }

    @inline(__always)
    func contains(_ item: Int32) -> Bool { words[Int(item) >> 6] >> UInt64(item & 63) & 1 != 0 }
}
