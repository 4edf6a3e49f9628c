import Interactions
import Testing

@Suite struct ItemPerLineFormatTests {
    @Test(arguments: ["games.txt", "games.csv", "games", "Games.TXT"])
    func `a single file is split leave-one-out`(name: String) throws {
        let folder = try TemporaryFolder()
        try folder.write(name, "1 10\n2 20\n1 11\n1\t12  \n2 21\n1 13\n2 22\n")
        try folder.write("model.safetensors", "not interactions")
        try folder.write("README.md", "1 2\n")
        try folder.write("README", "1 2\n")
        let dataset = try folder.load()
        #expect(dataset.train.users == [1, 2, 1])
        let ids = { (table: InteractionTable) in table.items.map(dataset.itemIds.id(of:)) }
        #expect(ids(dataset.train) == [10, 20, 11])
        #expect(dataset.dev.users == [1, 2])
        #expect(ids(dataset.dev) == [12, 21])
        #expect(dataset.test.users == [1, 2])
        #expect(ids(dataset.test) == [13, 22])
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
        #expect(error.recoverySuggestion.contains("ReChorus"))
    }

    @Test func `a third column of times is used`() throws {
        let folder = try TemporaryFolder()
        try folder.write("data.txt", "1 1 100\n2 1 7\n1 2 100\n2 2 8\n1 3 250\n2 3 8.0\n1 4 900\n")
        let dataset = try folder.load()
        #expect(dataset.hasTimes)
        let (_, store) = try dataset.wholeStore()
        #expect(store.times == [100, 100, 250, 900, 7, 8, 8])
        #expect(store.smallestTimeGaps == [150, 1])
        #expect(dataset.test.times == [8, 900])
    }

    @Test func `a third column that is no time is refused with advice`() throws {
        for (text, message) in [
            ("1 1 5\n1 2 3\n1 3 4\n", ":2: the third column of user \"1\" falls from 5 to 3"),
            ("7 1 5\n8 2 3\n7 3 4\n", ":3: the third column of user \"7\" falls from 5 to 4"),
            ("1 1 4.5\n1 2 5\n", ":1: the third column is \"4.5\", which is no time"),
            ("1 1 1\n1 2 1\n1 3 1\n", ": the third column is 1 in every line, which is no time"),
        ] {
            let folder = try TemporaryFolder()
            try folder.write("data.txt", text)
            let error = try #require(folder.loadError())
            #expect(error.kind == .invalid)
            #expect(error.description.hasPrefix(folder.file("data.txt") + message), "\(error)")
            #expect(error.recoverySuggestion.contains("remove the column"))
        }
    }

    @Test func `every line has as many columns as the first`() throws {
        for (text, message) in [
            ("1 3\n1 3 8 19\n1 10 5 1\n", ":2: the line has 4 columns, the lines before have 2"),
            ("1 3\n1 4 5\n1 5\n", ":2: the line has 3 columns, the lines before have 2"),
            ("1 3 1\n1 4 5\n1 5\n", ":3: the line has 2 columns, the lines before have 3"),
            ("1 3 1\n1 4 5 6 7\n", ":2: the line has 5 columns, the lines before have 3"),
        ] {
            let folder = try TemporaryFolder()
            try folder.write("data.txt", text)
            let error = try #require(folder.loadError())
            #expect(error.description.hasPrefix(folder.file("data.txt") + message), "\(error)")
        }
    }

    @Test func `where the lines of a user stand in the file makes no difference`() throws {
        let grouped = "1 1\n1 2\n1 3\n1 4\n2 2\n2 3\n2 1\n"
        let interleaved = "2 2\n1 1\n1 2\n2 3\n1 3\n2 1\n1 4\n"
        let stores = try [grouped, interleaved, grouped.replacing("\n", with: "\n\n")].map { text in
            let folder = try TemporaryFolder()
            try folder.write("data.txt", text)
            return try folder.load().wholeStore().1
        }
        for store in stores {
            #expect(!store.hasTimes)
            #expect(store.items == stores[0].items)
            #expect(store.times == [0, 1, 2, 3, 0, 1, 2])
            #expect(store.smallestTimeGaps == [1, 1])
        }
    }
}
