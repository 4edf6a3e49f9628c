import Differentiation
import DistributedOptimizer
import Testing

/// The memory that is asked for before a training begins.
@Suite struct OptimizerPlanTests {
    private let layout = ParameterLayout()

    init() {
        _ = layout.root.table("items", rows: 96, columns: 16, .normal(deviation: 1))
        _ = layout.root.matrix("matrix", rows: 32, columns: 32, .normal(deviation: 1))
    }

    private func plan(_ sharding: OptimizerSharding, averaging: Double = 0) -> OptimizerPlan {
        var settings = Adam.Settings()
        settings.averaging = averaging
        return OptimizerPlan(
            layout: layout, gradientLayout: GradientLayout(layout, rowCapacity: 8), adam: settings, shardCount: 4,
            ownedShards: (0..<4).map { $0..<$0 + 1 }, propagation: nil, accumulatesOnArrival: false,
            optimizerSharding: sharding)
    }

    /// Of a node with two of four ranks.
    private func bytes(_ plan: OptimizerPlan, isAlone: Bool = false) -> Int {
        [0, 1].reduce(0) { sum, rank in
            let bytes = plan.byteCount(ofRank: rank, among: [0, 1], slice: isAlone ? nil : plan.slice(rank, of: 4))
            return sum + bytes.own + bytes.shared
        }
    }

    @Test(arguments: [0, 0.9]) func `moments that only owners have count once for all nodes`(averaging: Double) {
        let whole = bytes(plan(.none, averaging: averaging))
        // Two nodes have half of the two moments each.
        let (dense, tables) = (4 * 1_024, 4 * 96 * 16)
        #expect(whole - bytes(plan(.dense, averaging: averaging)) == dense)
        #expect(whole - bytes(plan(.all, averaging: averaging)) == dense + tables)
    }

    @Test(arguments: OptimizerSharding.allCases) func `a node alone has all moments`(sharding: OptimizerSharding) {
        #expect(bytes(plan(sharding), isAlone: true) == bytes(plan(.none)))
    }
}
