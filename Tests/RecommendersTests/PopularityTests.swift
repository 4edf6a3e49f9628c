import Differentiation
import Interactions
import KernelCore
import Recommenders
import Testing

@Suite struct PopularityTests {
    private func scores(_ counts: [Int32]) throws -> [Float] {
        let layout = ParameterLayout()
        let entry = try #require(RecommenderCatalogue.entry(named: "POP"))
        let model = entry.model(
            ModelContext(ModelOptions(), userCount: 1, itemCount: counts.count - 1, itemCounts: counts), in: layout.root
        )
        let storage = ParameterStorage(layout)
        storage.values.initialize(layout, seed: 0)
        let values = storage.values(model.items.table)
        return counts.indices.map { values[$0] }
    }

    @Test func `counts are the scores`() throws {
        #expect(try scores([0, 3, 0, 7, 1 << 24]) == [0, 3, 0, 7, 16_777_216])
    }

    @Test func `counts beyond what a Float can tell apart keep their order`() throws {
        let found = try scores([0, 16_777_217, 3, 16_777_216, 2_000_000_001, 16_777_217, 2_000_000_000, 0])
        #expect(found == [0, 3, 1, 2, 5, 3, 4, 0])
    }
}
