import Differentiation
import Interactions
import KernelCore
import Options

/// Embeddings of the time between two interactions of a user (Li, Wang and McAuley, WSDM 2020):
///
///     T_ij = table[min(largest, floor(|t_i - t_j| / g_u))]
///
/// `g_u` is the smallest positive gap between any two interactions of the user, so that the unit of the times does not
/// matter. It can be limited: the reference implementation has at most 65535 seconds, which its published results depend
/// on.
public struct TimeIntervals: Sendable {
    /// The largest interval that is distinguished.
    public static let timeMax = ModelOption(
        "time-max", default: 512, in: .within(1...1_000_000), OptionTraits(folder: .ifChanged("time")),
        help: "The largest time interval that is distinguished, in units of the user's smallest.")
    /// The limit of g_u.
    public static let timeUnitMax = ModelOption(
        "time-unit-max", default: 0, in: .within(0...Int.max),
        OptionTraits(folder: .ifChanged("unit"), formerText: "65535"),
        help: """
            The largest unit of time intervals, in the unit of the data's times; 0: no limit. The reference \
            implementation has 65535.
            """)

    let keys: Parameter
    let values: Parameter
    let largest: Int
    /// The limit of g_u.
    let largestUnit: Int64

    /// The parameters are called `t_k_embeddings.weight` and `t_v_embeddings.weight`, `[largest + 1, size]`.
    ///
    /// - Parameter largestUnit: of g_u, in the unit of the times; 0: no limit.
    public init(
        largest: Int, largestUnit: Int = 0, size: Int, in scope: ParameterScope, file: StaticString = #fileID,
        line: UInt = #line
    ) {
        func table(_ name: String) -> Parameter {
            scope.within(name).table(
                "weight", rows: largest + 1, columns: size, paddingRow: false, byPairs: true, .embedding, file: file,
                line: line)
        }
        keys = table("t_k_embeddings")
        values = table("t_v_embeddings")
        self.largest = largest
        self.largestUnit = Self.limit(largestUnit)
    }

    private static func limit(_ largestUnit: Int) -> Int64 { largestUnit > 0 ? Int64(largestUnit) : .max }

    /// The interval between two times.
    @inline(__always)
    private static func interval(_ one: Int64, _ other: Int64, unit: UInt64, largest: Int) -> UInt64 {
        // Times lie anywhere in 64 bits: their difference always fits without a sign.
        min(UInt64(largest), UInt64(bitPattern: max(one, other) &- min(one, other)) / unit)
    }

    /// The smallest and the largest interval between two interactions that one history of these users can hold; nil
    /// where no history holds two. Where they are equal the times tell nothing.
    package static func range(in store: SequenceStore, _ options: ModelOptions) -> ClosedRange<Int>? {
        let limit = limit(options[timeUnitMax])
        let distinguished = options[timeMax]
        let historyMax = options.historyMax
        var (smallest, largest) = (Int.max, Int.min)
        for local in store.users.indices {
            let unit = UInt64(min(store.smallestTimeGaps[local], limit))
            let start = store.offsets[local]
            for slot in (start..<store.offsets[local + 1]).dropFirst() where historyMax > 1 {
                // Times ascend: the neighbour is the nearest, the oldest of the history the farthest.
                let oldest = max(start, slot - (historyMax - 1))
                let near = interval(store.times[slot], store.times[slot - 1], unit: unit, largest: distinguished)
                let far = interval(store.times[slot], store.times[oldest], unit: unit, largest: distinguished)
                smallest = min(smallest, Int(near))
                largest = max(largest, Int(far))
            }
        }
        return smallest <= largest ? smallest...largest : nil
    }

    /// The vectors of all pairs of a query and a position that it sees. Each interval of the batch is looked up once.
    public func callAsFunction(
        of batch: PackedBatch, queries: AttentionQueries, on tape: Tape, file: StaticString = #fileID,
        line: UInt = #line
    ) -> Tape.Relative {
        let histories = batch.histories
        let pairs = queries.pairCount(in: histories)
        let slots = tape.arena.allocate(Int32.self, count: pairs)
        let distinct = tape.arena.allocate(Int32.self, count: min(largest + 1, max(pairs, 1)))
        let slotOfInterval = tape.arena.allocate(Int32.self, count: largest + 1)
        slotOfInterval.update(repeating: -1, count: largest + 1)
        var distinctCount = 0
        var pair = 0
        for user in 0..<histories.count {
            let unit = UInt64(min(batch.smallestTimeGaps[user], largestUnit))
            let times = batch.historyTimes + histories.start(user)
            let length = histories.length(user)
            for query in queries == .newest ? length - min(length, 1)..<length : 0..<length {
                for position in 0..<length {
                    let interval = Self.interval(times[query], times[position], unit: unit, largest: largest)
                    if slotOfInterval[Int(interval)] < 0 {
                        slotOfInterval[Int(interval)] = Int32(distinctCount)
                        distinct[distinctCount] = Int32(interval)
                        distinctCount += 1
                    }
                    slots[pair] = slotOfInterval[Int(interval)]
                    pair += 1
                }
            }
        }
        tape.note("time intervals", Work(0, floats: pairs))
        return Tape.Relative(
            slots: slots, keys: tape.rows(distinct, of: keys, count: distinctCount, file: file, line: line),
            values: tape.rows(distinct, of: values, count: distinctCount, file: file, line: line))
    }
}
