import Evaluation
import Interactions
import KernelCore
import Testing

/// Positions by popularity against counts done by hand and plain loops.
@Suite struct PopularityBaselineTests {
    /// One user: history 1, 2, dev 3, test `target`, among 8 items of which item i was taken `counts[i]` times.
    private func positions(
        _ counts: [Int32], target: Int32, negatives: [Int32]? = nil, historyMax: Int = 20,
        historyScores: HistoryScores = .exclude
    ) throws -> [Int32] {
        let lists: [[Int32]] = negatives.map { [$0] } ?? []
        let dataset = try InteractionDataset(
            name: "one user",
            train: try InteractionTable(file: "train", users: [1, 1], items: [1, 2], times: [1, 2]),
            dev: try InteractionTable(file: "dev", users: [1], items: [3], times: [3], negatives: lists),
            test: try InteractionTable(file: "test", users: [1], items: [target], times: [4], negatives: lists),
            itemCount: 8)
        let shards = try LogicalShards(dataset: dataset, kind: .everyInteraction, count: 1)
        return PopularityBaseline(itemCounts: counts).positions(
            store: SequenceStore(dataset: dataset, shards: shards, range: 0..<1), kind: .everyInteraction, split: .test,
            historyMax: historyMax, ranking: negatives == nil ? .full : .sampled, historyScores: historyScores)
    }

    /// Of item 0, which is none, to item 8.
    static let counts: [Int32] = [0, 9, 7, 8, 5, 4, 3, 2, 1]

    @Test func `sampled counts the negatives that were taken more often`() throws {
        #expect(try positions(Self.counts, target: 6, negatives: [4, 7, 5, 8]) == [3])
    }

    @Test func `a negative that was taken as often counts against the true item`() throws {
        var counts = Self.counts
        counts[7] = 3
        #expect(try positions(counts, target: 6, negatives: [4, 7, 5, 8]) == [4])
        #expect(try positions([Int32](repeating: 0, count: 9), target: 6, negatives: [4, 7, 5, 8]) == [5])
    }

    @Test func `the true item is not ranked against itself, and a repeated negative counts twice`() throws {
        #expect(try positions(Self.counts, target: 6, negatives: [6, 4, 7, 4]) == [3])
    }

    @Test func `full leaves out the history, however popular it is`() throws {
        // Before item 6 there are 4 and 5; 1, 2 and 3, which are more popular, are the history.
        #expect(try positions(Self.counts, target: 6) == [3])
        // A true item of the history is ranked all the same.
        #expect(try positions(Self.counts, target: 2) == [1])
    }

    @Test func `full counts a tie against the true item`() throws {
        var counts = Self.counts
        counts[8] = 3
        #expect(try positions(counts, target: 6) == [4])
        #expect(try positions([Int32](repeating: 2, count: 9), target: 6) == [5])
    }

    @Test func `with zero the history stays in the ranking, with the score 0`() throws {
        #expect(try positions(Self.counts, target: 6, historyScores: .zero) == [3])
        // Only item 3 is kept: 1 and 2 count as they were taken.
        #expect(try positions(Self.counts, target: 6, historyMax: 1, historyScores: .zero) == [5])
        // Nobody took the true item: all of the history ties with it.
        var counts = Self.counts
        counts[6] = 0
        #expect(try positions(counts, target: 6, historyScores: .zero) == [8])
        // A true item of the history scores 0 as well.
        #expect(try positions(Self.counts, target: 2, historyScores: .zero) == [8])
    }
}
