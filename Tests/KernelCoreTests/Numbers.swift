import KernelCore
import Synchronization

/// Reproducible numbers of either sign, some of them small.
struct Numbers {
    private var stream: RandomStream

    init(_ seed: UInt64) { stream = RandomStream(seed: seed, purpose: .synthesis, iteration: 0, element: 0) }

    mutating func next(_ bound: Float = 1) -> Float { bound * (2 * stream.nextUniform() - 1) }

    mutating func next(below bound: Int) -> Int { Int(stream.next(below: UInt32(bound))) }

    mutating func list(_ count: Int, bound: Float = 1) -> [Float] { (0..<count).map { _ in next(bound) } }
}

/// Memory for views, which point to what belongs to somebody else: it stays as long as the process.
enum Memory {
    private static let blocks = Mutex<[UInt]>([])

    /// Room for numbers that a kernel writes: not a number at first.
    static func room(_ count: Int) -> UnsafeMutablePointer<Float> {
        UnsafeMutablePointer(mutating: copy([Float](repeating: .nan, count: count)))
    }

    /// A copy that stays where it is.
    static func copy<Element: BitwiseCopyable>(_ elements: [Element]) -> UnsafePointer<Element> {
        let memory = UnsafeMutablePointer<Element>.allocate(capacity: max(elements.count, 1))
        for (index, element) in elements.enumerated() { (memory + index).initialize(to: element) }
        // Whoever looks for leaks finds all of it here.
        blocks.withLock { $0.append(UInt(bitPattern: memory)) }
        return UnsafePointer(memory)
    }
}

extension MatrixView {
    /// A copy of the elements that stays where it is.
    init(_ elements: [Float], columns: Int) {
        self.init(Memory.copy(elements), rows: columns > 0 ? elements.count / columns : 0, columns: columns)
    }
}

extension JaggedOffsets {
    /// Sequences of these lengths.
    init(lengths: [Int]) {
        var offsets: [Int32] = [0]
        for length in lengths { offsets.append(offsets[offsets.count - 1] + Int32(length)) }
        self.init(offsets: Memory.copy(offsets), count: lengths.count)
    }
}

func bits(_ values: some Sequence<Float>) -> [UInt32] { values.map(\.bitPattern) }

/// Whether `values` are within `tolerance` of `expected`, relative to 1 or to the expected value where that is larger.
func areClose(_ values: [Float], _ expected: [Double], tolerance: Double) -> Bool {
    values.count == expected.count
        && zip(values, expected).allSatisfy { abs(Double($0) - $1) <= tolerance * max(1, abs($1)) }
}
