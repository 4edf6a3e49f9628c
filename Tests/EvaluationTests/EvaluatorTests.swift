import Differentiation
import Evaluation
import Interactions
import KernelCore
import Recommenders
import Testing

/// Positions of true items against a count done by hand.
@Suite struct EvaluatorTests {
    static let itemCount = 12
    /// Score of item i, by id.
    typealias Scores = [Float]

    /// One user: history 1, 2, dev 3, test `target`, with stored negatives or none.
    static func positions(
        scores: Scores, target: Int32, negatives: [Int32]?, ranking: RankingProtocol, interests: Int = 1, size: Int = 3
    ) throws -> [Int32] {
        let train = try InteractionTable(file: "train", users: [1, 1], items: [1, 2], times: [1, 2])
        let lists: [[Int32]] = negatives.map { [$0] } ?? []
        let dev = try InteractionTable(file: "dev", users: [1], items: [3], times: [3], negatives: lists)
        let test = try InteractionTable(file: "test", users: [1], items: [target], times: [4], negatives: lists)
        let dataset = try InteractionDataset(
            name: "one user", train: train, dev: dev, test: test, itemCount: itemCount)
        let shards = try LogicalShards(dataset: dataset, kind: .sequential, count: 1)
        let store = SequenceStore(dataset: dataset, shards: shards, range: 0..<1)
        let layout = ParameterLayout()
        let model = FixedScores(itemCount: itemCount, size: size, interests: interests, in: layout.root)
        let storage = ParameterStorage(layout)
        storage.values(model.query)[0] = 1
        for item in 1...itemCount { storage.values(model.items.table)[item * size] = scores[item] }
        let evaluator = Evaluator(
            store: store, kind: .sequential, split: .test, historyMax: 20, ranking: ranking, seed: 0)
        return try evaluator.positions(of: model, on: Tape(parameters: storage.values))
    }

    /// Item i has the score 0.1 i: items 9 and more are better than 8.
    static let rising: Scores = (0...itemCount).map { Float($0) / 10 }

    @Test func `sampled counts the negatives that score higher`() throws {
        #expect(try Self.positions(scores: Self.rising, target: 8, negatives: [9, 4, 12, 5], ranking: .sampled) == [3])
    }

    @Test func `a negative with the same score counts against the model`() throws {
        var scores = Self.rising
        scores[4] = scores[8]
        #expect(try Self.positions(scores: scores, target: 8, negatives: [9, 4, 12, 5], ranking: .sampled) == [4])
    }

    @Test func `the true item is not ranked against itself`() throws {
        #expect(try Self.positions(scores: Self.rising, target: 8, negatives: [8, 9, 8, 5], ranking: .sampled) == [2])
        var scores = Self.rising
        scores[8] = .nan
        #expect(try Self.positions(scores: scores, target: 8, negatives: [8, 9, 8, 5], ranking: .sampled) == [3])
    }

    @Test func `a negative that is stored twice counts twice`() throws {
        #expect(try Self.positions(scores: Self.rising, target: 8, negatives: [9, 9, 5, 5], ranking: .sampled) == [3])
    }

    @Test func `full ranks all items but those of the history`() throws {
        #expect(try Self.positions(scores: Self.rising, target: 8, negatives: nil, ranking: .full) == [5])
        var scores = Self.rising
        // Items 1 to 3 are the history of the test row: they are not candidates, whatever they score.
        scores[1] = 7
        scores[3] = 9
        #expect(try Self.positions(scores: scores, target: 8, negatives: nil, ranking: .full) == [5])
    }

    @Test func `full counts a tie against the model`() throws {
        var scores = Self.rising
        scores[5] = scores[8]
        #expect(try Self.positions(scores: scores, target: 8, negatives: nil, ranking: .full) == [6])
    }

    @Test func `a true item that the user had before is ranked all the same`() throws {
        var scores = Self.rising
        scores[2] = 1.05
        #expect(try Self.positions(scores: scores, target: 2, negatives: nil, ranking: .full) == [3])
    }

    @Test(arguments: RankingProtocol.allCases)
    func `a score that is not a number takes the last position`(_ ranking: RankingProtocol) throws {
        var scores = Self.rising
        scores[8] = .nan
        let negatives: [Int32]? = ranking == .sampled ? [9, 4, 12, 5] : nil
        let last: Int32 = ranking == .sampled ? 5 : Int32(Self.itemCount - 3)
        #expect(try Self.positions(scores: scores, target: 8, negatives: negatives, ranking: ranking) == [last])
    }

    @Test(arguments: RankingProtocol.allCases)
    func `the best of several interests scores an item`(_ ranking: RankingProtocol) throws {
        // With the negated interest an item scores |score|: 8 is beaten by -1.0 and -0.9 too.
        var scores = Self.rising
        scores[4] = -1
        scores[5] = -0.9
        let negatives: [Int32]? = ranking == .sampled ? [4, 5, 6, 7] : nil
        let expected: Int32 = ranking == .sampled ? 3 : 7
        #expect(
            try Self.positions(scores: scores, target: 8, negatives: negatives, ranking: ranking, interests: 2)
                == [expected])
    }

    @Test func `sampled and full agree when the negatives are all other items`() throws {
        for target in Int32(4)...12 {
            let others = (Int32(4)...12).filter { $0 != target }
            let scores = (0...Self.itemCount).map { Float(($0 * 7919) % 13) / 3 }
            let sampled = try Self.positions(scores: scores, target: target, negatives: others, ranking: .sampled)
            let full = try Self.positions(scores: scores, target: target, negatives: nil, ranking: .full)
            #expect(sampled == full)
        }
    }
}
