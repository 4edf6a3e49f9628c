import Interactions
import KernelCore

extension PackedSequences {
    /// The boundaries of the sequences, as kernels take them.
    public var segments: Segments { Segments(offsets: offsets, count: count) }
}
