import Differentiation
import Interactions
import KernelCore

/// Embeddings of the time between two interactions of a user (Li, Wang and McAuley, WSDM 2020):
///
///     T_ij = table[min(largest, floor(|t_i - t_j| / g_u))]
///
/// `g_u` is the smallest positive gap between any two interactions of the user, at most 65535.
public struct TimeIntervals: Sendable {
    let keys: Parameter
    let values: Parameter
    let largest: Int

    /// The cap of g_u, a property of the reference implementation that its published results depend on.
    static let largestGap: Int64 = 65_535

    /// The parameters are called `t_k_embeddings.weight` and `t_v_embeddings.weight`, `[largest + 1, size]`.
    public init(largest: Int, size: Int, in scope: ParameterScope) {
        func table(_ name: String) -> Parameter {
            scope.within(name).table(
                "weight", rows: largest + 1, columns: size, paddingRow: false, byPairs: true, .embedding)
        }
        keys = table("t_k_embeddings")
        values = table("t_v_embeddings")
        self.largest = largest
    }

    /// The vectors of all pairs of a query and a position that it sees. Each interval of the batch is looked up once.
    public func callAsFunction(
        of batch: PackedBatch, queries: AttentionQueries, on tape: Tape
    ) -> Tape.Relative {
        let histories = batch.histories
        let segments = histories.segments
        let pairs = Kernel.attentionWeightCount(segments: segments, heads: 1, queries: queries)
        let slots = tape.arena.allocate(Int32.self, count: pairs)
        let distinct = tape.arena.allocate(Int32.self, count: min(largest + 1, max(pairs, 1)))
        let slotOfInterval = tape.arena.allocate(Int32.self, count: largest + 1)
        slotOfInterval.update(repeating: -1, count: largest + 1)
        var distinctCount = 0
        var place = 0
        for segment in 0..<segments.count {
            let gap = UInt64(min(batch.smallestTimeGaps[segment], Self.largestGap))
            let times = histories.times + segments.start(segment)
            let length = segments.length(segment)
            for query in queries == .newest ? length - min(length, 1)..<length : 0..<length {
                for position in 0..<length {
                    let (one, other) = (times[query], times[position])
                    // Times lie anywhere in 64 bits: their difference always fits without a sign.
                    let difference = UInt64(bitPattern: max(one, other) &- min(one, other))
                    let interval = min(UInt64(largest), difference / gap)
                    if slotOfInterval[Int(interval)] < 0 {
                        slotOfInterval[Int(interval)] = Int32(distinctCount)
                        distinct[distinctCount] = Int32(interval)
                        distinctCount += 1
                    }
                    slots[place] = slotOfInterval[Int(interval)]
                    place += 1
                }
            }
        }
        tape.note("time intervals", Work(0, floats: pairs))
        return Tape.Relative(
            slots: slots, keys: tape.rows(distinct, of: keys, count: distinctCount),
            values: tape.rows(distinct, of: values, count: distinctCount))
    }
}
