import Interactions
import Testing

@Suite struct ItemPerLineFormatTests {
    @Test(arguments: ["games.txt", "games.csv", "games", "Games.TXT"])
    func `a single file is split leave-one-out`(name: String) throws {
        let folder = try TemporaryFolder()
        try folder.write(name, "1 10\n2 20\n1 11\n1\t12 4.5\n2 21\n1 13\n2 22\n")
        try folder.write("model.safetensors", "not interactions")
        try folder.write("README.md", "1 2\n")
        try folder.write("README", "1 2\n")
        let dataset = try folder.load()
        #expect(dataset.train.users == [1, 2, 1])
        #expect(dataset.train.items == [10, 20, 11])
        #expect(dataset.dev.users == [1, 2])
        #expect(dataset.dev.items == [12, 21])
        #expect(dataset.test.users == [1, 2])
        #expect(dataset.test.items == [13, 22])
        #expect(dataset.negativesPerRow == nil)
        #expect(!dataset.hasTimes)
    }

    @Test func `users with fewer than three interactions are in train only`() throws {
        let folder = try TemporaryFolder()
        try folder.write("data.txt", "1 1\n1 2\n1 3\n2 4\n3 5\n3 6\n")
        let dataset = try folder.load()
        #expect(dataset.train.users == [1, 2, 3, 3])
        #expect(dataset.dev.users == [1])
        #expect(dataset.test.users == [1])
        let (shards, store) = try dataset.wholeStore()
        #expect(shards.sampleCount == 1, "the second interaction of user 3; user 2 gives none")
        #expect(EvaluationRows(store: store, kind: .sequential, shard: 0, split: .dev, historyMax: 0).count == 1)
    }

    @Test func `several files of interactions are refused`() throws {
        let folder = try TemporaryFolder()
        try folder.write("a.txt", "1 1\n")
        try folder.write("b.txt", "1 1\n")
        let error = try #require(folder.loadError())
        #expect(error.description.contains("a.txt, "))
        #expect(error.description.contains("b.txt"))
    }

    @Test func `a file of another format beside it is left alone`() throws {
        let folder = try TemporaryFolder()
        try folder.write("a.txt", "1 1\n1 2\n1 3\n")
        try folder.write("names.txt", "1 the first game\n")
        #expect(try folder.load().itemCount == 3)
    }

    @Test func `an unknown format is refused with its first line and the known formats`() throws {
        let folder = try TemporaryFolder()
        try folder.write("a.txt", "\nuser;item\n1;2\n")
        let error = try #require(folder.loadError())
        #expect(error.kind == .invalid)
        #expect(error.description.contains("a.txt:2: not of a known format: \"user;item\""))
        #expect(error.remedy.contains("ReChorus"))
    }
}
