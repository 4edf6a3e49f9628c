import KernelCore
import Testing

@Suite struct ArenaTests {
    @Test func `every allocation starts on a 64-byte boundary and overlaps no other`() {
        let arena = Arena(capacity: 256)
        var ranges: [Range<UInt>] = []
        for count in [1, 3, 16, 17, 0, 100, 1000, 5, 64] {
            let floats = arena.allocate(Float.self, count: count)
            let start = UInt(bitPattern: floats)
            #expect(start % 64 == 0)
            ranges.append(start..<start + UInt(count * 4))
            let numbers = arena.allocate(Int64.self, count: count)
            ranges.append(UInt(bitPattern: numbers)..<UInt(bitPattern: numbers) + UInt(count * 8))
            #expect(UInt(bitPattern: numbers) % 64 == 0)
            for index in 0..<count {
                floats[index] = 1
                numbers[index] = 2
            }
        }
        for (index, range) in ranges.enumerated() {
            #expect(ranges[(index + 1)...].allSatisfy { !$0.overlaps(range) })
        }
    }

    @Test func `a step that outgrows the first block fits into one block ever after`() {
        let arena = Arena(capacity: 128)
        func step() -> [UnsafeMutablePointer<Float>] {
            [40, 7, 1000, 3, 300].map { arena.allocate(Float.self, count: $0) }
        }
        _ = step()
        #expect(arena.blockCount > 1)
        arena.reset()
        #expect(arena.blockCount == 1 && arena.bytesInUse == 0)
        let second = step()
        let bytes = arena.bytesInUse
        #expect(arena.blockCount == 1)
        arena.reset()
        // The same memory in the same order.
        #expect(step() == second)
        #expect(arena.blockCount == 1 && arena.bytesInUse == bytes)
    }

    @Test func `memory counts in whole lines`() {
        let arena = Arena()
        _ = arena.allocate(Float.self, count: 1)
        #expect(arena.bytesInUse == 64)
        _ = arena.allocate(Float.self, count: 17)
        #expect(arena.bytesInUse == 192)
        _ = arena.allocate(Float.self, count: 0)
        #expect(arena.bytesInUse == 192)
    }

    @Test func `zeroed memory is zero after use`() {
        let arena = Arena(capacity: 4096)
        let first = arena.allocate(Float.self, count: 500)
        for index in 0..<500 { first[index] = 7 }
        arena.reset()
        let second = arena.allocateZeroed(Float.self, count: 500)
        #expect(second == first)
        #expect((0..<500).allSatisfy { second[$0] == 0 })
    }
}
