/// How packed sequences are walked step by step: the longest first, so that the sequences still running at a time are
/// always the first ones.
///
///     order[s]           the segment at place s, by falling length (equal lengths in the order of the batch)
///     active[t]          number of segments longer than t
///     timeOffsets[t]     sum of active[0..<t]: first row of time t in time-major storage
public struct RecurrencePlan: BitwiseCopyable {
    public let segments: Segments
    public let order: UnsafeMutablePointer<Int32>
    public let active: UnsafeMutablePointer<Int32>
    public let timeOffsets: UnsafeMutablePointer<Int32>
    public let steps: Int

    /// Counts and sorts; linear in the number of segments and the greatest length.
    public init(_ segments: Segments, in arena: Arena) {
        self.segments = segments
        var longest = 0
        for segment in 0..<segments.count { longest = max(longest, segments.length(segment)) }
        steps = longest
        order = arena.allocate(count: segments.count)
        active = arena.allocateZeroed(count: longest + 1)
        timeOffsets = arena.allocate(count: longest + 1)
        for segment in 0..<segments.count { active[segments.length(segment)] += 1 }
        // `active[t]` holds the number of segments of length t; the longer ones come first.
        let next = arena.allocate(Int32.self, count: longest + 1)
        var place: Int32 = 0
        for length in stride(from: longest, through: 0, by: -1) {
            next[length] = place
            place += active[length]
        }
        for segment in 0..<segments.count {
            let length = segments.length(segment)
            order[Int(next[length])] = Int32(segment)
            next[length] += 1
        }
        var longer = Int32(segments.count)
        var offset: Int32 = 0
        for time in 0...longest {
            longer -= active[time]
            active[time] = longer
            timeOffsets[time] = offset
            offset += longer
        }
    }
}
