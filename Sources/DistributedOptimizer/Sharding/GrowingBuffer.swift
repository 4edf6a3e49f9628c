import KernelCore

/// Memory that grows and never shrinks, and whose content is lost where it grows.
final class GrowingBuffer<Element: BitwiseCopyable> {
    private var memory: UnsafeMutablePointer<Element>
    private var capacity = 64

    init() { memory = LargeMemory.allocate(count: 64) }

    deinit { LargeMemory.deallocate(memory) }

    /// The first `count` elements.
    func callAsFunction(_ count: Int) -> UnsafeMutableBufferPointer<Element> {
        if count > capacity {
            LargeMemory.deallocate(memory)
            capacity = max(count, 2 * capacity)
            memory = LargeMemory.allocate(count: capacity)
        }
        return UnsafeMutableBufferPointer(start: memory, count: count)
    }
}
