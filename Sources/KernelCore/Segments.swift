/// Boundaries of packed sequences: segment `i` covers the rows `offsets[i]..<offsets[i + 1]`.
///
/// `offsets` has `count + 1` entries, starts with 0 and never falls.
public struct Segments: BitwiseCopyable {
    public let offsets: UnsafePointer<Int32>
    public let count: Int

    public init(offsets: UnsafePointer<Int32>, count: Int) {
        self.offsets = offsets
        self.count = count
    }

    /// Number of rows over all segments.
    public var total: Int { Int(offsets[count]) }

    public func start(_ segment: Int) -> Int { Int(offsets[segment]) }
    public func length(_ segment: Int) -> Int { Int(offsets[segment + 1] - offsets[segment]) }
}
