import Interactions
import KernelCore
import MPI

/// Ranking by the number of train interactions of an item: what every model has to beat.
public struct PopularityBaseline {
    /// Train interactions of each item.
    private let counts: [Int32]

    /// - Parameter itemCounts: `[items + 1]`, the train interactions of each item by number; that of 0 does not count.
    public init(itemCounts: [Int32]) { counts = itemCounts }

    /// The metrics over the rows of all ranks, at rank 0; nil elsewhere. Collective.
    ///
    /// - Parameters:
    ///   - store: the users of this rank's shards.
    ///   - historyMax: newest items that a history keeps; it matters to ``HistoryScores/zero`` alone.
    ///   - measures: those that need more than positions are left out.
    public func metrics(
        store: SequenceStore, kind: SampleKind, split: Split, historyMax: Int = 1, ranking: RankingProtocol,
        historyScores: HistoryScores = .exclude, topK: [Int], measures: Set<RankingMeasure> = [], world: Communicator
    ) throws(MPIError) -> RankingMetrics? {
        var accumulator = RankingAccumulator()
        accumulator.positions = positions(
            store: store, kind: kind, split: split, historyMax: historyMax, ranking: ranking,
            historyScores: historyScores)
        return try accumulator.metrics(
            topK: topK, measures: measures.filter(\.isOfPositions), ranking: ranking, world: world)
    }

    /// Positions of the true items of this rank's rows, in the order of shards and rows.
    package func positions(
        store: SequenceStore, kind: SampleKind, split: Split, historyMax: Int = 1, ranking: RankingProtocol,
        historyScores: HistoryScores = .exclude
    ) -> [Int32] {
        var positions: [Int32] = []
        let batch = PackedBatch()
        let historyMax = historyScores == .zero ? historyMax : 1
        let itemsNotBelow = ranking == .full ? itemsByCount() : { _ in 0 }
        for shard in store.shards {
            let rows = EvaluationRows(store: store, kind: kind, shard: shard, split: split, historyMax: historyMax)
            for index in 0..<rows.count {
                rows.fill(batch, index..<index + 1)
                let item = batch.candidates[0]
                var target = counts[Int(item)]
                var position: Int32 = 1
                switch (ranking, historyScores) {
                case (.sampled, _):
                    for candidate in 1..<batch.candidatesPerTarget {
                        let other = batch.candidates[candidate]
                        if other != item, counts[Int(other)] >= target { position += 1 }
                    }
                case (.full, .exclude):
                    position += itemsNotBelow(target)
                    var excluded = rows.seenItems(index)
                    if !excluded.contains(item) { excluded.append(item) }
                    for item in excluded where counts[Int(item)] >= target { position -= 1 }
                case (.full, .zero):
                    let zeros = Set(batch.history(0))
                    if zeros.contains(item) { target = 0 }
                    position += itemsNotBelow(target)
                    for item in zeros.union([item]) where counts[Int(item)] >= target { position -= 1 }
                    if target <= 0 { position += Int32(zeros.subtracting([item]).count) }
                }
                positions.append(position)
            }
        }
        return positions
    }

    /// How many items were taken at least so often, for any number.
    private func itemsByCount() -> (Int32) -> Int32 {
        let largest = counts.dropFirst().max() ?? 0
        // Of each number first, then of that and all larger ones.
        var items = [Int32](repeating: 0, count: Int(largest) + 2)
        for count in counts.dropFirst() { items[Int(count)] += 1 }
        for count in items.indices.dropLast().reversed() { items[count] += items[count + 1] }
        return { [items] count in count > largest ? 0 : items[max(Int(count), 0)] }
    }
}
