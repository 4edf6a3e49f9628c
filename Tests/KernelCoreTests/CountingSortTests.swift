import KernelCore
import Testing

@Suite struct CountingSortTests {
    @Test(arguments: [0, 1, 7, 300]) func `elements are in the order of their keys, equal ones as they came`(count: Int)
    {
        var numbers = Numbers(UInt64(count))
        let keys = (0..<count).map { _ in numbers.next(below: 5) }
        var order = [Int](repeating: -1, count: count)
        // No element has the last key.
        var ends = [Int32](repeating: 9, count: 6)
        ends.withUnsafeMutableBufferPointer { ends in
            CountingSort.forEachElement(of: count, ends: ends) {
                keys[$0]
            } _: {
                order[$1] = $0
            }
        }
        #expect(order == (0..<count).sorted { (keys[$0], $0) < (keys[$1], $1) })
        #expect(ends == (0..<6).map { key in Int32(keys.count { $0 <= key }) })
    }
}
