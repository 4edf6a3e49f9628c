import Differentiation
import KernelCore
import Testing

/// What a profile says of the operations of a mini-batch.
@Suite struct OperationProfileTests {
    private let samples = Fixed<UInt32>([4, 9, 2])
    private let numbers = Fixed<Int32>([1, 2, 3, 4, 5, 1, 2])
    private let histories = PackedHistories([3, 0, 4])
    private let storage: ParameterStorage
    private let items: Parameter
    private let weight: Parameter
    private let bias: Parameter

    init() {
        let layout = ParameterLayout()
        items = layout.root.table("items", rows: 6, columns: 8, .normal(deviation: 1))
        weight = layout.root.matrix("weight", rows: 5, columns: 8, .normal(deviation: 1))
        bias = layout.root.vector("bias", count: 5, .constant(0.5))
        storage = ParameterStorage(layout)
        storage.values.initialize(layout, seed: 3)
    }

    private func record(_ profile: OperationProfile?) -> Recording {
        let recording = Recording(storage, rowCapacity: 16)
        recording.tape.profile = profile
        recording.step(samples: samples) { tape in
            let sequences = histories.sequences
            let x = tape.rows(numbers.pointer, of: items, count: sequences.total)
            let positioned = tape.add(
                x, tape.rows(tape.positionsFromOldest(sequences), of: items, count: sequences.total))
            let attended = tape.attention(
                q: positioned, k: positioned, v: x, over: sequences, heads: 2, queries: .causal)
            let y = tape.linear(attended, weight: weight, bias: bias)
            return tape.rankingLoss(tape.hyperbolicTangent(y))
        }
        return recording
    }

    @Test func `every operation is listed with the number of its uses`() {
        let profile = OperationProfile(measuresTime: true)
        _ = record(profile)
        let counts = Dictionary(uniqueKeysWithValues: profile.entries.map { ($0.name, $0.count) })
        #expect(
            counts == [
                "Rows": 2, "Add": 1, "positions": 1, "Attention": 1, "Linear": 1, "HyperbolicTangent": 1,
                "RankingLoss": 1,
            ])
    }

    @Test func `work follows from shapes`() throws {
        let profile = OperationProfile(measuresTime: false)
        _ = record(profile)
        func cost(_ name: String) throws -> OperationCost {
            try #require(profile.entries.first { $0.name == name }).cost
        }
        // [7, 8] times [8, 5] and the bias.
        #expect(try cost("Linear").forward.operations == 2 * 7 * 8 * 5 + 7 * 5)
        #expect(try cost("Linear").backward.operations == 4 * 7 * 8 * 5 + 7 * 5)
        // Queries see 1 + 2 + 3 and 1 + 2 + 3 + 4 positions: products with keys and values, a softmax in each head.
        #expect(try cost("Attention").forward.operations == 4 * 16 * 8 + 4 * 16 * 2)
        // Nothing is computed, 56 floats are read and written; twice.
        #expect(try cost("Rows").forward == Work(operations: 0, bytes: 2 * 2 * 56 * 4))
        #expect(profile.total.forward.operations == profile.entries.reduce(0) { $0 + $1.cost.forward.operations })
    }

    @Test func `times are measured when they are asked for`() {
        let timed = OperationProfile(measuresTime: true)
        _ = record(timed)
        #expect(timed.entries.allSatisfy { $0.forwardTime > .zero })
        #expect(timed.entries.filter { $0.name != "positions" }.allSatisfy { $0.backwardTime > .zero })
        let counted = OperationProfile(measuresTime: false)
        _ = record(counted)
        #expect(counted.entries.allSatisfy { $0.forwardTime == .zero && $0.backwardTime == .zero })
        timed.clear()
        #expect(timed.total == .none)
        #expect(timed.entries.allSatisfy { $0.count == 0 && $0.forwardTime == .zero })
    }

    @Test func `a profile changes no bit`() {
        let without = record(nil)
        let with = record(OperationProfile(measuresTime: true))
        #expect(bits(with.dense(weight)) == bits(without.dense(weight)))
        #expect(with.view.loss.bitPattern == without.view.loss.bitPattern)
    }

    @Test func `a scoring pass is not counted`() {
        let tape = Tape(parameters: storage.values)
        let profile = OperationProfile(measuresTime: true)
        tape.profile = profile
        tape.begin(.scoring(seed: 0))
        _ = tape.rows(numbers.pointer, of: items, count: 7)
        #expect(profile.entries.isEmpty)
    }
}
