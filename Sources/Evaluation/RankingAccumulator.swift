import KernelCore
import MPI

/// What a rank finds in its own rows, in the order of shards and rows.
package struct RankingAccumulator {
    /// Positions of the true items.
    package var positions: [Int32] = []
    /// The interest from 0 that wins the true item of each row. Filled where the balance of interests is asked for.
    package var trueWinners: [Int32] = []
    /// The interest from 0 that wins the best item of each row; -1: the row has none. Filled where the balance of
    /// interests is asked for and all items are ranked.
    package var firstWinners: [Int32] = []
    /// The mean pairwise cosine of the interests, of the users who have at least two.
    package var cosines: [Float] = []
    /// The sums of the cosines pair by pair, one list of K (K - 1) / 2 behind the other for each shard with rows, so that
    /// they are added in the same order on any number of ranks. Empty where they are not counted.
    package var pairSums: [Double] = []
    /// `[K + 1]`: how many users have so many interests. Filled with ``pairSums``.
    package var usersByInterests: [Int] = []
    /// `[items + 1]`: the best position that an item has for any user, from 1. Empty where coverage is not asked for.
    package var bestPositions: [Int32] = []
    /// Interests of a user, K.
    package var interestCount = 1
    /// Whether the k-th interests of two users belong together: ``Interests/correspond``.
    package var interestsCorrespond = true

    /// Makes room for the cosines pair by pair of another shard.
    ///
    /// - Returns: where its sums are; empty where there are too many interests.
    mutating func addPairs(interestCount: Int) -> Range<Int> {
        guard interestCount <= InterestBalance.mostInterestsInMatrix else { return 0..<0 }
        if usersByInterests.isEmpty { usersByInterests = [Int](repeating: 0, count: interestCount + 1) }
        let start = pairSums.count
        pairSums += [Double](repeating: 0, count: interestCount * (interestCount - 1) / 2)
        return start..<pairSums.count
    }

    /// Notes the positions of the best rows of all users of a batch.
    mutating func notePositions(in best: BestRows, users: Int) {
        guard !bestPositions.isEmpty else { return }
        for user in 0..<users {
            for index in 0..<best.size {
                let row = best.rows[user * best.size + index]
                guard row != BestRows.none else { break }
                bestPositions[Int(row)] = min(bestPositions[Int(row)], Int32(index + 1))
            }
        }
    }

    /// The metrics over the rows of all ranks, at rank 0; nil elsewhere. Collective.
    ///
    /// What is gathered are whole numbers, or is added up at rank 0 in the order of the rows.
    ///
    /// - Parameter comparesInterests: whether the balance of interests is found although no measure asks for it.
    func metrics(
        topK: [Int], measures: Set<RankingMeasure>, comparesInterests: Bool = false, ranking: RankingProtocol,
        world: Communicator
    ) throws(MPIError) -> RankingMetrics? {
        var metrics = try world.gather(positions, at: 0).map {
            RankingMetrics(positions: $0.joined, topK: topK, measures: measures)
        }
        if measures.contains(.coverage) {
            let bestPositions = try world.reduce(bestPositions, .minimum, at: 0)
            let cutOffs = metrics?.topK ?? []
            metrics?.coverage = bestPositions.map { best in
                cutOffs.map { k in Double(best.dropFirst().count { Int($0) <= k }) / Double(best.count - 1) }
            }
        }
        // A rank without rows has seen no interests.
        let findsInterests = comparesInterests || measures.contains(.interests)
        let interestCount = findsInterests ? try world.allReduce(interestCount, .maximum) : 1
        if interestCount > 1 {
            let correspond = try world.allReduce(interestsCorrespond ? 1 : 0, .minimum) == 1
            let trueWinners = try world.gather(trueWinners, at: 0)
            let firstWinners = try world.gather(firstWinners, at: 0)
            let cosines = try world.gather(cosines, at: 0)
            let pairs = try pairs(interestCount: interestCount, world: world)
            if let trueWinners, let firstWinners, let cosines {
                metrics?.interests = InterestBalance(
                    trueWinners: correspond ? trueWinners.joined : nil,
                    firstWinners: correspond && measures.contains(.interests) && ranking == .full
                        ? firstWinners.joined : nil, cosines: cosines.joined,
                    pairs: correspond ? pairs : nil, interestCount: interestCount)
            }
        }
        return metrics
    }

    /// The cosines pair by pair over the users of all ranks, at rank 0; nil elsewhere, and where they are too many.
    /// Collective.
    private func pairs(
        interestCount: Int, world: Communicator
    ) throws(MPIError) -> InterestBalance.CosinePairs? {
        guard interestCount <= InterestBalance.mostInterestsInMatrix else { return nil }
        let noUsers = [Int](repeating: 0, count: interestCount + 1)
        let users = try world.reduce(usersByInterests.isEmpty ? noUsers : usersByInterests, .sum, at: 0)
        guard let parts = try world.gather(pairSums, at: 0), let users else { return nil }
        var sums = [Double](repeating: 0, count: interestCount * (interestCount - 1) / 2)
        for (index, part) in parts.joined.enumerated() { sums[index % sums.count] += part }
        return InterestBalance.CosinePairs(sums: sums, users: users)
    }
}
