import KernelCore

/// Memory for the operands of one benchmark, which lives as long as the process.
enum Operands {
    /// Numbers between -1 and 1, on a 64-byte boundary.
    static func numbers(_ count: Int) -> UnsafeMutablePointer<Float> {
        let memory = room(Float.self, count)
        var stream = RandomStream(
            seed: 1, purpose: .synthesis, iteration: 0, element: UInt32(truncatingIfNeeded: count))
        for index in 0..<count { memory[index] = Float(stream.next(below: 20_001)) * 1e-4 - 1 }
        return memory
    }

    /// Zeros on a 64-byte boundary.
    static func zeros(_ count: Int) -> UnsafeMutablePointer<Float> {
        let memory = room(Float.self, count)
        memory.initialize(repeating: 0, count: count)
        return memory
    }

    /// Row numbers from 1 to below `limit`.
    static func rows(_ count: Int, below limit: Int) -> UnsafeMutablePointer<Int32> {
        let memory = room(Int32.self, count)
        var stream = RandomStream(seed: 2, purpose: .synthesis, iteration: 0, element: UInt32(limit))
        for index in 0..<count { memory[index] = 1 + Int32(stream.next(below: UInt32(limit - 1))) }
        return memory
    }

    /// Histories as long as those of a logical shard's mini-batch on Grocery: 32 sequences of 1 to 20 items, 8.2 on
    /// average.
    nonisolated(unsafe) static let histories: JaggedOffsets = {
        let lengths = [
            20, 3, 1, 7, 12, 4, 20, 2, 5, 9, 1, 16, 3, 6, 20, 2, 8, 4, 11, 1, 5, 20, 7, 3, 14, 2, 10, 6, 18, 4, 13, 5,
        ]
        let offsets = room(Int32.self, lengths.count + 1)
        offsets[0] = 0
        for (index, length) in lengths.enumerated() { offsets[index + 1] = offsets[index] + Int32(length) }
        return JaggedOffsets(offsets: offsets, count: lengths.count)
    }()

    /// A graph of the size of Grocery's: users with about eight random items each.
    static let graph: NodeGraph = {
        let (users, items) = (14_682, 8_714)
        var stream = RandomStream(seed: 3, purpose: .synthesis, iteration: 0, element: 0)
        var edges: [(Int32, Int32)] = []
        for user in 1..<Int32(users) {
            let own = Set((0..<8).map { _ in Int32(stream.next(below: UInt32(items))) })
            edges += own.sorted().map { (user, Int32(users) + $0) }
        }
        return NodeGraph(nodeCount: users + items, edges: edges)
    }()

    private static func room<Element: BitwiseCopyable>(
        _ type: Element.Type, _ count: Int
    ) -> UnsafeMutablePointer<Element> {
        UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * MemoryLayout<Element>.stride, alignment: 64)
            .bindMemory(to: Element.self, capacity: max(count, 1))
    }
}
