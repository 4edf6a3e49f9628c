import Differentiation
import Interactions
import KernelCore
import Recommenders
import Testing

@Suite struct LightGCNTests {
    private static let graph = InteractionGraph(
        users: [1, 1, 2, 2, 2, 3, 4], items: [1, 2, 2, 3, 4, 4, 5], userCount: 5, itemCount: 7)

    private func model(_ layout: ParameterLayout, size: Int = 10, layers: Int = 3) throws -> any Recommender {
        var options = ModelOptions()
        options.embeddingSize = size
        options[LightGCN.propagations] = layers
        let entry = try #require(RecommenderCatalogue.entry(named: "LightGCN"))
        return entry.model(
            ModelContext(options, userCount: 5, itemCount: 7, graph: Self.graph), in: layout.root)
    }

    @Test(arguments: [10, 16], [1, 3]) func `the gradient of the loss through the propagation`(
        size: Int, layers: Int
    ) throws {
        let layout = ParameterLayout()
        let model = try model(layout, size: size, layers: layers)
        let storage = ParameterStorage(layout)
        storage.values.initialize(layout, seed: 3)
        let batch = PackedBatch()
        batch.fill(
            users: [1, 2, 5], histories: [[], [], []], candidates: [[1, 5, 6], [3, 1, 7], [4, 2, 2]])
        #expect(model.propagation != nil)
        let worst = try GradientCheck(storage, propagation: model.propagation).worstDeviation {
            model.trainingLoss(of: batch, under: .ranking, on: $0)
        }
        #expect(worst.relative < GradientCheck.tolerance, "\(worst)")
    }

    @Test func `three layers are standard, and users and items of train are the neighbours`() throws {
        let propagation = try #require(try model(ParameterLayout()).propagation)
        #expect(propagation.layers == 3)
        let graph = propagation.graph
        #expect(graph.nodeCount == 6 + 8)
        #expect(graph.neighbourCount == 14)
        // User 2 is node 2; item 2 is node 6 + 2.
        let position = Int(graph.positions[2])
        let range = Int(graph.offsets[position])..<Int(graph.offsets[position + 1])
        #expect(range.map { graph.nodes[Int(graph.neighbours[$0])] } == [8, 9, 10])
    }
}
