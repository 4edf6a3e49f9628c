/// Where each of several sequences of different lengths begins in values that lie one behind the other, without
/// padding: what a jagged (ragged) tensor is made of beside its values.
///
/// Sequence `i` covers the rows `offsets[i]..<offsets[i + 1]`. A sequence may be empty. The values belong to somebody else:
/// items, times, rows of a matrix can all have the same offsets.
public struct JaggedOffsets: BitwiseCopyable {
    /// `[count + 1]`, starts with 0 and never falls.
    public let offsets: UnsafePointer<Int32>
    /// Number of sequences.
    public let count: Int

    /// - Parameter offsets: `[count + 1]`, valid as long as this is used.
    @inlinable
    public init(offsets: UnsafePointer<Int32>, count: Int) {
        self.offsets = offsets
        self.count = count
    }

    /// Number of rows of all sequences.
    @inlinable
    public var total: Int { Int(offsets[count]) }

    /// Number of rows of the longest sequence; 0 without sequences.
    @inlinable
    public var longest: Int {
        var longest = 0
        for sequence in 0..<count { longest = max(longest, length(sequence)) }
        return longest
    }

    /// The first row of a sequence.
    @inlinable
    public func start(_ sequence: Int) -> Int { Int(offsets[sequence]) }

    /// Number of rows of a sequence.
    @inlinable
    public func length(_ sequence: Int) -> Int { Int(offsets[sequence + 1] - offsets[sequence]) }

    /// The rows of a sequence.
    @inlinable
    public func range(_ sequence: Int) -> Range<Int> { Int(offsets[sequence])..<Int(offsets[sequence + 1]) }
}
