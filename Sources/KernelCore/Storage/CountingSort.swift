/// Sorts by small keys without comparing: counts each key, then gives every element its index. Elements with the same key
/// keep their order. Linear in the number of elements and of keys.
///
///     CountingSort.forEachElement(of: groups.count, ends: ends) { Int(groups[$0]) } _: { order[$1] = Int32($0) }
public enum CountingSort {
    /// Calls `body` with each element and its index in the sorted order, elements in the order in which they are.
    ///
    /// - Parameters:
    ///   - count: number of elements.
    ///   - ends: one for each key, overwritten: afterwards the index behind the last element of the key, where the elements
    ///     of the next key begin.
    ///   - key: of an element, from 0 to the number of keys - 1; asked for twice.
    @inlinable
    @inline(__always)
    public static func forEachElement<Index: FixedWidthInteger>(
        of count: Int, ends: UnsafeMutableBufferPointer<Index>, key: (_ element: Int) -> Int,
        _ body: (_ element: Int, _ index: Int) -> Void
    ) {
        ends.update(repeating: 0)
        for element in 0..<count { ends[key(element)] += 1 }
        var start: Index = 0
        for key in 0..<ends.count { (start, ends[key]) = (start + ends[key], start) }
        for element in 0..<count {
            let key = key(element)
            body(element, Int(ends[key]))
            ends[key] += 1
        }
    }
}
