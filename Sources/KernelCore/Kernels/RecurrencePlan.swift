/// How packed sequences are walked step by step: the longest first, so that the sequences still running at a time are
/// always the first ones.
///
///     order[s]           the sequence at index s, by falling length (equal lengths in the order of the batch)
///     active[t]          number of sequences longer than t
///     timeOffsets[t]     sum of active[0..<t]: first row of time t in time-major storage
public struct RecurrencePlan: BitwiseCopyable {
    /// The sequences that are walked.
    public let sequences: JaggedOffsets
    /// `[sequences.count]`.
    public let order: UnsafePointer<Int32>
    /// `[steps + 1]`.
    public let active: UnsafePointer<Int32>
    /// `[steps + 1]`.
    public let timeOffsets: UnsafePointer<Int32>
    /// Number of steps: the length of the longest sequence.
    public let steps: Int

    /// Counts and sorts; linear in the number of sequences and the greatest length.
    public init(_ sequences: JaggedOffsets, in arena: Arena) {
        let longest = sequences.longest
        let order = arena.allocate(Int32.self, count: sequences.count)
        let active = arena.allocate(Int32.self, count: longest + 1)
        let timeOffsets = arena.allocate(Int32.self, count: longest + 1)
        let ends = UnsafeMutableBufferPointer(
            start: arena.allocate(Int32.self, count: longest + 1), count: longest + 1)
        CountingSort.forEachElement(of: sequences.count, ends: ends) {
            longest - sequences.length($0)
        } _: { sequence, index in
            order[index] = Int32(sequence)
        }
        var offset: Int32 = 0
        for time in 0...longest {
            // Longer than `time` are those before the end of the sequences of length `time + 1`.
            active[time] = time < longest ? ends[longest - time - 1] : 0
            timeOffsets[time] = offset
            offset += active[time]
        }
        self.sequences = sequences
        self.order = UnsafePointer(order)
        self.active = UnsafePointer(active)
        self.timeOffsets = UnsafePointer(timeOffsets)
        steps = longest
    }
}
