import Interactions
import KernelCore
import MPI

/// Ranking by the number of train interactions of an item: what every model has to beat.
public struct PopularityBaseline {
    /// Train interactions of each item, by id.
    private let counts: [Float]

    public init(itemCounts: [Float]) { counts = itemCounts }

    /// The metrics over the rows of all ranks, at rank 0; nil elsewhere. Collective.
    ///
    /// - Parameters:
    ///   - store: the users of this rank's shards.
    public func metrics(
        store: SequenceStore, kind: SampleKind, split: Split, ranking: RankingProtocol, topK: [Int],
        world: Communicator
    ) throws(MPIError) -> RankingMetrics? {
        var positions: [Int32] = []
        let batch = PackedBatch()
        for shard in store.shards {
            let rows = EvaluationRows(store: store, kind: kind, shard: shard, split: split, historyMax: 1)
            for index in 0..<rows.count {
                rows.fill(batch, index..<index + 1)
                let truth = counts[Int(batch.candidates[0])]
                var position: Int32 = 1
                switch ranking {
                case .sampled:
                    for place in 1..<batch.candidatesPerSample where counts[Int(batch.candidates[place])] >= truth {
                        position += 1
                    }
                case .full:
                    for item in 1..<counts.count where counts[item] >= truth { position += 1 }
                    var excluded = rows.seenItems(index)
                    if !excluded.contains(batch.candidates[0]) { excluded.append(batch.candidates[0]) }
                    for item in excluded where counts[Int(item)] >= truth { position -= 1 }
                }
                positions.append(position)
            }
        }
        return try Evaluator.metrics(ofPositions: positions, topK: topK, world: world)
    }
}
