/// Sequences of different lengths, one behind the other, without padding (values and offsets).
///
/// A view: it owns nothing and is valid as long as the storage that it was made from is left alone.
public struct PackedSequences {
    /// `[totalLength]` numbers of items, oldest first within a sequence.
    public let items: UnsafePointer<Int32>
    /// `[totalLength]` times of the interactions.
    public let times: UnsafePointer<Int64>
    /// `[count + 1]`: sequence b is `offsets[b]..<offsets[b + 1]`.
    public let offsets: UnsafePointer<Int32>
    /// Number of sequences.
    public let count: Int

    public init(
        items: UnsafePointer<Int32>, times: UnsafePointer<Int64>, offsets: UnsafePointer<Int32>, count: Int
    ) {
        self.items = items
        self.times = times
        self.offsets = offsets
        self.count = count
    }

    /// Number of items of all sequences.
    @inlinable
    public var totalLength: Int { Int(offsets[count]) }

    /// Where sequence `index` is.
    @inlinable
    public func range(of index: Int) -> Range<Int> { Int(offsets[index])..<Int(offsets[index + 1]) }

    /// The items of sequence `index`.
    @inlinable
    public subscript(index: Int) -> UnsafeBufferPointer<Int32> {
        UnsafeBufferPointer(start: items + Int(offsets[index]), count: Int(offsets[index + 1] - offsets[index]))
    }
}
