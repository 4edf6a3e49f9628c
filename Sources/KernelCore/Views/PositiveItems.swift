/// The positive item of each sample: the first of the `stride` candidates that a sample has.
public struct PositiveItems: BitwiseCopyable {
    /// `[samples, stride]` numbers of items, of which the first of each sample are read.
    public let candidates: UnsafePointer<Int32>
    /// How far the positives of two samples are apart.
    public let stride: Int

    /// - Parameter candidates: valid as long as this is used.
    @inlinable
    public init(_ candidates: UnsafePointer<Int32>, stride: Int = 1) {
        self.candidates = candidates
        self.stride = stride
    }

    /// The positive of a sample.
    @inlinable
    public subscript(sample: Int) -> Int32 { candidates[sample * stride] }
}
