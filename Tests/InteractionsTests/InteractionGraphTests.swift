import Interactions
import Testing

@Suite struct InteractionGraphTests {
    private func items(_ graph: InteractionGraph, of user: Int) -> [Int32] {
        Array(graph.userItems[graph.userOffsets[user]..<graph.userOffsets[user + 1]])
    }

    private func users(_ graph: InteractionGraph, of item: Int) -> [Int32] {
        Array(graph.itemUsers[graph.itemOffsets[item]..<graph.itemOffsets[item + 1]])
    }

    @Test func `pairs are sorted from both sides and count once`() {
        let graph = InteractionGraph(
            users: [3, 1, 3, 1, 3, 1], items: [2, 5, 4, 2, 2, 5], userCount: 4, itemCount: 5)
        #expect(graph.pairCount == 4)
        #expect((0...4).map { items(graph, of: $0) } == [[], [2, 5], [], [2, 4], []])
        #expect((0...5).map { users(graph, of: $0) } == [[], [], [1, 3], [], [3], [1]])
        #expect(graph.userOffsets.count == 6 && graph.itemOffsets.count == 7)
    }

    @Test func `the order of the interactions does not matter`() {
        let a = InteractionGraph(users: [1, 2, 2, 3], items: [1, 1, 2, 2], userCount: 3, itemCount: 2)
        let b = InteractionGraph(users: [3, 2, 1, 2, 2], items: [2, 2, 1, 1, 1], userCount: 3, itemCount: 2)
        #expect(a == b)
    }

    @Test func `a data set gives the set of its train interactions`() throws {
        let dataset = try LogicalShardsTests.dataset()
        let graph = InteractionGraph(dataset)
        let expected = Set(zip(dataset.train.users, dataset.train.items).map { [$0, $1] })
        #expect(graph.pairCount == expected.count)
        let byUser = (0...graph.userCount).flatMap { user in items(graph, of: user).map { [Int32(user), $0] } }
        let byItem = (0...graph.itemCount).flatMap { item in users(graph, of: item).map { [$0, Int32(item)] } }
        #expect(Set(byUser) == expected && byUser.count == expected.count)
        #expect(Set(byItem) == expected && byItem.count == expected.count)
        #expect(graph.userCount == dataset.userCount && graph.itemCount == dataset.itemCount)
    }
}
