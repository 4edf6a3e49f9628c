import Glibc
import Synchronization

/// Memory that could not be had.
public struct MemoryShortage: Error, Hashable, Sendable, CustomStringConvertible {
    /// Bytes that were asked for.
    public let byteCount: Int
    /// Bytes that the same owner had before.
    public let bytesInUse: Int

    /// A shortage of so many bytes.
    public init(byteCount: Int, bytesInUse: Int) {
        self.byteCount = byteCount
        self.bytesInUse = bytesInUse
    }

    /// What was asked for, in one line.
    public var description: String {
        "there is no memory for \(byteCount) bytes, beside \(bytesInUse) for the same purpose"
    }
}

/// Blocks whose size follows from options and data: they can be larger than what there is.
///
/// A block that cannot be had ends the process, since nobody who asks for one could continue without it; but not without a
/// word, as the language's own allocations do. What is said, and how the other ranks learn of it, a program decides with
/// ``onShortage(_:)``.
public enum LargeMemory {
    /// Where blocks begin: at a multiple of so many bytes.
    public static let alignment = 64

    private static let handler = Mutex<@Sendable (MemoryShortage) -> Never>({ fatalError("\($0)") })

    /// Sets what ends the process where a block cannot be had.
    public static func onShortage(_ end: @escaping @Sendable (MemoryShortage) -> Never) {
        handler.withLock { $0 = end }
    }

    /// Uninitialized memory; nil where it cannot be had. Given back with ``deallocate(_:)``.
    ///
    /// - Parameter alignment: a power of two, at least ``alignment``.
    public static func allocateIfPossible(
        byteCount: Int, alignment: Int = LargeMemory.alignment
    ) -> UnsafeMutableRawBufferPointer? {
        var start: UnsafeMutableRawPointer?
        guard byteCount >= 0, posix_memalign(&start, alignment, max(byteCount, alignment)) == 0, let start else {
            return nil
        }
        return UnsafeMutableRawBufferPointer(start: start, count: byteCount)
    }

    /// Uninitialized memory. Given back with ``deallocate(_:)``.
    ///
    /// - Parameters:
    ///   - alignment: a power of two, at least ``alignment``.
    ///   - bytesInUse: what the caller has already, for the message.
    public static func allocate(
        byteCount: Int, alignment: Int = LargeMemory.alignment, bytesInUse: Int = 0
    ) -> UnsafeMutableRawBufferPointer {
        guard let memory = allocateIfPossible(byteCount: byteCount, alignment: alignment) else {
            end(MemoryShortage(byteCount: byteCount, bytesInUse: bytesInUse))
        }
        return memory
    }

    /// Uninitialized memory for `count` elements. Given back with ``deallocate(_:)``.
    public static func allocate<Element: BitwiseCopyable>(
        _ type: Element.Type = Element.self, count: Int, bytesInUse: Int = 0
    ) -> UnsafeMutablePointer<Element> {
        let memory = allocate(byteCount: max(count, 1) * MemoryLayout<Element>.stride, bytesInUse: bytesInUse)
        return memory.baseAddress!.bindMemory(to: type, capacity: count)
    }

    /// Ends the process for want of memory.
    public static func end(_ shortage: MemoryShortage) -> Never {
        let end = handler.withLock { $0 }
        end(shortage)
    }

    /// Gives memory back.
    public static func deallocate(_ memory: UnsafeMutableRawBufferPointer) { free(memory.baseAddress) }

    /// Gives memory back.
    public static func deallocate(_ memory: UnsafeMutablePointer<some BitwiseCopyable>) { free(memory) }
}
