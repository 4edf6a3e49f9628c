import Interactions
import Testing

@Suite struct ItemNeighboursTests {
    /// The neighbours of an item by plain loops over pairs.
    private func expected(_ item: Int32, _ sequences: [[Int32]], distance: Int) -> [Int32: Float] {
        let all = sequences.flatMap { $0 }
        func root(_ item: Int32) -> Float { (Float(all.count { $0 == item }) + 5).squareRoot() }
        var together: [Int32: (after: Float, before: Float)] = [:]
        for sequence in sequences {
            for first in sequence.indices {
                for second in sequence.indices where first < second && second - first <= distance {
                    let (one, other) = (sequence[first], sequence[second])
                    guard one != other else { continue }
                    if one == item { together[other, default: (0, 0)].after += 1 }
                    if other == item { together[one, default: (0, 0)].before += 1 }
                }
            }
        }
        return together.reduce(into: [:]) { result, pair in
            result[pair.key] = (pair.value.after + 0.4 * pair.value.before) / (root(item) * root(pair.key))
        }
    }

    private func neighbours(
        _ sequences: [[Int32]], itemCount: Int, distance: Int, backward: Float = 0.4
    ) -> ItemNeighbours {
        var rule = ItemNeighbours.Rule()
        rule.distance = distance
        rule.backward = backward
        var ends: [Int] = []
        for sequence in sequences { ends.append((ends.last ?? 0) + sequence.count) }
        return ItemNeighbours(
            sequences: sequences.flatMap { $0 }, ends: ends, itemCount: itemCount, rule)
    }

    @Test(arguments: [1, 2, 50]) func `weights are those of counting pairs`(distance: Int) {
        let sequences: [[Int32]] = [[1, 2, 3, 2], [], [3, 1], [5, 1, 2, 5, 6], [4], [2, 1, 2, 1, 3]]
        let found = neighbours(sequences, itemCount: 7, distance: distance)
        #expect(found.itemCount == 7)
        for item in 1...Int32(7) {
            let range = found.offsets[Int(item)]..<found.offsets[Int(item) + 1]
            let own = expected(item, sequences, distance: distance)
            #expect(Array(found.items[range]) == own.keys.sorted(), "item \(item)")
            for index in range { #expect(found.weights[index] == own[found.items[index]]) }
        }
    }

    @Test func `the nearest are kept, and of equally near ones those with the smaller numbers`() {
        let count = Int32(ItemNeighbours.mostPerItem) + 40
        // Item 1 comes before all others, twice before the last ten.
        var sequences = (2...count + 1).map { [1, $0] }
        sequences += (count - 8...count + 1).map { [1, $0] }
        let found = neighbours(sequences, itemCount: Int(count) + 1, distance: 3)
        let own = Array(found.items[found.offsets[1]..<found.offsets[2]])
        let first = Array(2...Int32(ItemNeighbours.mostPerItem - 10 + 1))
        #expect(own == first + Array(count - 8...count + 1))
    }

    @Test func `the data set counts by time, and train alone`() throws {
        func table(_ file: String, _ rows: [(Int32, Int32, Int64)]) throws -> InteractionTable {
            try InteractionTable(
                file: file, users: rows.map(\.0), items: rows.map(\.1), times: rows.map(\.2))
        }
        let dataset = try InteractionDataset(
            name: "late", train: table("train", [(1, 3, 30), (1, 1, 10), (1, 2, 20), (2, 2, 1)]),
            dev: table("dev", [(1, 4, 40)]), test: table("test", [(1, 5, 50)]), itemCount: 5)
        var rule = ItemNeighbours.Rule()
        rule.distance = 1
        let found = ItemNeighbours(dataset, rule)
        #expect(found == neighbours([[1, 2, 3], [2]], itemCount: 5, distance: 1))
        #expect(found.offsets.last == 4)
    }

    @Test func `without a way back only what comes after is near`() {
        let found = neighbours([[1, 2], [3, 2, 4]], itemCount: 4, distance: 2, backward: 0)
        #expect(
            (1...4).map { Array(found.items[found.offsets[$0]..<found.offsets[$0 + 1]]) } == [[2], [4], [2, 4], []])
        #expect(found.weights.allSatisfy { $0 > 0 })
    }
}
