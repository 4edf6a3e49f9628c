import Differentiation
import KernelCore

/// Buffers of words, each with room for the header of a message.
final class MessageBuffers {
    private let memory: UnsafeMutablePointer<Float>
    private let starts: [Int]
    private let counts: [Int]

    init(_ contentCounts: [Int]) {
        counts = contentCounts.map { $0 + MessageRound.headerCount }
        starts = counts.reduce(into: [0]) { $0.append($0.last! + $1) }
        memory = .allocate(capacity: max(starts.last!, 1))
    }

    deinit { memory.deallocate() }

    /// Words of all buffers.
    var wordCount: Int { starts.last! }

    /// Words of the buffers that ``init(_:)`` would make.
    static func wordCount(_ contentCounts: [Int]) -> Int {
        contentCounts.reduce(0) { $0 + $1 + MessageRound.headerCount }
    }

    subscript(index: Int) -> UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(start: memory + starts[index], count: counts[index])
    }
}

/// Room for the entries of the rows of each message that is read.
final class RowScratch {
    private let memory: UnsafeMutablePointer<RowEntry>
    private let width: Int

    /// - Parameters:
    ///   - inputs: messages that are read together.
    ///   - width: rows of a message at most.
    init(inputs: Int, width: Int) {
        self.width = width
        memory = .allocate(capacity: max(inputs * width, 1))
    }

    deinit { memory.deallocate() }

    subscript(input: Int) -> UnsafeMutablePointer<RowEntry> { memory + input * width }
}
