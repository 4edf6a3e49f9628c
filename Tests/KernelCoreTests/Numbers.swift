import KernelCore

/// Reproducible numbers of either sign, some of them small.
struct Numbers {
    private var stream: RandomStream

    init(_ seed: UInt64) { stream = RandomStream(seed: seed, purpose: .synthesis, iteration: 0, element: 0) }

    mutating func next(_ bound: Float = 1) -> Float { bound * (2 * stream.nextUniform() - 1) }

    mutating func next(below bound: Int) -> Int { Int(stream.next(below: UInt32(bound))) }

    mutating func list(_ count: Int, bound: Float = 1) -> [Float] { (0..<count).map { _ in next(bound) } }
}

/// Packed segments in memory that lives as long as this object.
final class PackedSegments {
    let segments: Segments
    private let offsets: UnsafeMutablePointer<Int32>

    init(_ lengths: [Int]) {
        offsets = .allocate(capacity: lengths.count + 1)
        offsets[0] = 0
        for (index, length) in lengths.enumerated() { offsets[index + 1] = offsets[index] + Int32(length) }
        segments = Segments(offsets: offsets, count: lengths.count)
    }

    deinit { offsets.deallocate() }
}

func bits(_ values: some Sequence<Float>) -> [UInt32] { values.map(\.bitPattern) }

/// Whether `values` are within `tolerance` of `expected`, relative to 1 or to the expected value where that is larger.
func areClose(_ values: [Float], _ expected: [Double], tolerance: Double) -> Bool {
    values.count == expected.count
        && zip(values, expected).allSatisfy { abs(Double($0) - $1) <= tolerance * max(1, abs($1)) }
}
