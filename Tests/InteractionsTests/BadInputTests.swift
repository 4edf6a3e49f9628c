import Foundation
import Interactions
import Testing

/// Each of these ends in one message with the file, the line where there is one, and what to do.
@Suite struct BadInputTests {
    /// Files, and the beginning of the message that is expected after the folder.
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let message: String
        let change: @Sendable (inout ReChorusFiles) -> Void

        init(_ description: String, _ message: String, _ change: @escaping @Sendable (inout ReChorusFiles) -> Void) {
            testDescription = description
            self.message = message
            self.change = change
        }
    }

    static let cases = [
        Case("wrong header", "train.csv:1: the header has no column item_id: \"user_id\", \"item\", \"time\"") {
            $0.train[0] = "user_id\titem\ttime"
        },
        Case("commas", "train.csv:1: the header has no column user_id: \"user_id,item_id,time\"") {
            $0.train[0] = "user_id,item_id,time"
        },
        Case("no header", "dev.csv:1: the header has no column user_id") { $0.dev.removeFirst() },
        Case("a column twice", "train.csv:1: the header has the column time twice") { $0.train[0] += "\ttime" },
        Case("too few columns", "train.csv:3: the line has 2 columns, at least 3 are needed") { $0.train[2] = "1\t2" },
        Case("too few columns in dev", "dev.csv:2: the line has 3 columns, at least 4") { $0.dev[1] = "1\t4\t40" },
        Case("spaces for TABs", "train.csv:2: user_id is \"1 1 10\"") { $0.train[1] = "1 1 10" },
        Case("a user that is no number", "train.csv:4: user_id is \"one\"") { $0.train[3] = "one\t1\t1" },
        Case("an item that is no number", "train.csv:4: item_id is \"0x10\"") { $0.train[3] = "1\t0x10\t1" },
        Case("an item with a fraction", "train.csv:4: item_id is \"1.5\"") { $0.train[3] = "1\t1.5\t1" },
        Case("an empty item", "train.csv:4: item_id is \"\"") { $0.train[3] = "1\t\t1" },
        Case("a time that is no number", "test.csv:3: time is \"2020-01-01\"") {
            $0.test[2] = "2\t3\t2020-01-01\t[1, 6]"
        },
        Case("a time that overflows", "train.csv:4: time is too large: \"9223372036854775808\"") {
            $0.train[3] = "1\t1\t9223372036854775808"
        },
        Case("user 0", "train.csv:4: user_id is 0") { $0.train[3] = "0\t1\t1" },
        Case("item 0", "dev.csv:3: item_id is 0") { $0.dev[2] = "2\t0\t30\t[3, 5]" },
        Case("a negative item", "train.csv:4: item_id is -3") { $0.train[3] = "1\t-3\t1" },
        Case("an item beyond 64 bits", "train.csv:4: item_id is \"99999999999999999999\"") {
            $0.train[3] = "1\t99999999999999999999\t1"
        },
        Case("too many columns", "train.csv:3: the line has 5 columns, the header names 3") {
            $0.train[2] = "1\t2\t20\t4\t5"
        },
        Case("negatives of unequal length", "dev.csv:4: neg_items has 1 entries, the rows before have 2") {
            $0.dev[3] = "3\t1\t25\t[2]"
        },
        Case("dev and test differ in negatives", "test.csv:2: neg_items has 3 entries, those of ") {
            $0.test[1] = "1\t5\t50\t[6, 7, 1]"
        },
        Case("only dev has negatives", "test.csv:1: no column neg_items, but ") {
            $0.test = ["user_id\titem_id\ttime", "1\t5\t50"]
        },
        Case("only test has negatives", "dev.csv:1: no column neg_items, but ") {
            $0.dev = ["user_id\titem_id\ttime", "1\t5\t50"]
        },
        Case("an empty list", "dev.csv:2: neg_items is an empty list") { $0.dev[1] = "1\t4\t40\t[ ]" },
        Case("no list", "dev.csv:2: neg_items is \"5, 6\"") { $0.dev[1] = "1\t4\t40\t5, 6" },
        Case("a list without end", "dev.csv:2: neg_items is \"[5, 6\"") { $0.dev[1] = "1\t4\t40\t[5, 6" },
        Case("a negative that is no number", "dev.csv:2: an entry of neg_items is \"x\"") {
            $0.dev[1] = "1\t4\t40\t[5,x]"
        },
        Case("an entry missing", "dev.csv:2: an entry of neg_items is \"\"") { $0.dev[1] = "1\t4\t40\t[5,,6]" },
        Case("negative 0", "dev.csv:2: an entry of neg_items is 0") { $0.dev[1] = "1\t4\t40\t[5, 0]" },
        Case("an empty train file", "train.csv:1: the header has no column user_id") { $0.train = [] },
        Case("no train row", "train.csv: there is no interaction to train on") { $0.train.removeSubrange(1...) },
        Case("no test row", "test.csv: there is no test row to evaluate") { $0.test.removeSubrange(1...) },
    ]

    @Test(arguments: cases) func `bad content is refused with file, line and recoverySuggestion`(_ input: Case) throws {
        var files = ReChorusFiles()
        input.change(&files)
        let folder = try files.write()
        let error = try #require(folder.loadError())
        #expect(error.kind == .invalid)
        #expect(error.description.hasPrefix(folder.path + "/" + input.message), "\(error)")
        #expect(error.description.split(separator: "\n").count >= 2, "the recoverySuggestion is missing: \(error)")
    }

    @Test(arguments: ["train.csv", "dev.csv", "test.csv"])
    func `a missing file is named`(name: String) throws {
        let folder = try ReChorusFiles().write()
        try FileManager.default.removeItem(atPath: folder.file(name))
        let error = try #require(folder.loadError())
        #expect(error.kind == .unreadable)
        #expect(error.description.hasPrefix("\(folder.file(name)): the file is missing"))
    }

    @Test func `a missing folder is named`() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("nothing")
        let error = #expect(throws: DatasetError.self) { try InteractionDataset.load(folder: path) }
        #expect(error?.kind == .unreadable)
        #expect(error?.description.hasPrefix("\(path): no such folder") == true)
    }

    @Test func `a file in place of the folder is refused`() throws {
        let folder = try ReChorusFiles().write()
        let path = folder.file("train.csv")
        let error = #expect(throws: DatasetError.self) { try InteractionDataset.load(folder: path) }
        #expect(error?.kind == .unreadable)
        #expect(error?.problem == "is a file, not a folder")
    }

    @Test func `an empty folder is refused`() throws {
        let error = try #require(try TemporaryFolder().loadError())
        #expect(error.kind == .invalid)
        #expect(error.problem.contains("the folder is empty"))
    }

    @Test func `a folder in place of a file is refused`() throws {
        let folder = try ReChorusFiles().write()
        try FileManager.default.removeItem(atPath: folder.file("dev.csv"))
        try FileManager.default.createDirectory(atPath: folder.file("dev.csv"), withIntermediateDirectories: false)
        let error = try #require(folder.loadError())
        #expect(error.kind == .unreadable)
        #expect(error.description.hasPrefix("\(folder.file("dev.csv")): cannot be opened: it is a folder"))
    }

    @Test func `a named pipe in place of a file is refused without waiting`() throws {
        let folder = try ReChorusFiles().write()
        try FileManager.default.removeItem(atPath: folder.file("dev.csv"))
        #expect(mkfifo(folder.file("dev.csv"), 0o600) == 0)
        #expect(folder.loadError()?.kind == .unreadable)
    }

    @Test func `a file without permission is refused`() throws {
        let folder = try ReChorusFiles().write()
        #expect(chmod(folder.file("dev.csv"), 0) == 0)
        let error = try #require(try withoutPrivileges { folder.loadError() })
        #expect(error.kind == .unreadable)
        #expect(error.description.contains("dev.csv: cannot be opened: Permission denied"))
    }

    /// Runs `body` with the rights to files of a user who owns none, where the superuser, who may read everything, runs
    /// the tests. Concerns the calling thread alone (setfsuid(2)).
    private func withoutPrivileges<Result>(_ body: () -> Result) throws -> Result {
        guard geteuid() == 0 else { return body() }
        // Not in the module of the C library.
        let symbol = try #require(dlsym(nil, "setfsuid"))
        let setUser = unsafeBitCast(symbol, to: (@convention(c) (uid_t) -> CInt).self)
        _ = setUser(65_534)
        defer { _ = setUser(0) }
        return body()
    }

    @Test func `a link to itself in place of a file is refused`() throws {
        let folder = try ReChorusFiles().write()
        let path = folder.file("dev.csv")
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path)
        let error = try #require(folder.loadError())
        #expect(error.kind == .unreadable)
        #expect(error.description.hasPrefix(path), "\(error)")
    }

    @Test func `an empty file is refused`() throws {
        let folder = try ReChorusFiles().write()
        try folder.write("test.csv", "")
        #expect(
            try #require(folder.loadError()).description.hasPrefix("\(folder.file("test.csv")):1: the file is empty"))
        let text = try TemporaryFolder()
        try text.write("a.txt", "\n\n")
        #expect(try #require(text.loadError()).description.hasPrefix("\(text.file("a.txt")): the file is empty"))
    }

    @Test func `a line of 10 MB is refused with an excerpt`() throws {
        let folder = try ReChorusFiles().write()
        try folder.write("train.csv", "user_id\titem_id\ttime\n1\t1\t10\n" + String(repeating: "7", count: 10_000_000))
        let error = try #require(folder.loadError())
        #expect(error.description.hasPrefix("\(folder.file("train.csv")):3: user_id is"))
        #expect(error.description.utf8.count < 1000)

        try folder.write("train.csv", String(repeating: "x\ty", count: 3_000_000))
        #expect(try #require(folder.loadError()).description.utf8.count < 1000)
    }

    @Test func `a line that is too long to be text is refused`() throws {
        let folder = try ReChorusFiles().write()
        try folder.write("train.csv", bytes: [UInt8](repeating: 0, count: 70_000_000))
        #expect(try #require(folder.loadError()).description.contains("train.csv:1: the line is longer than"))
    }

    @Test func `bytes that are not UTF-8 are shown as numbers`() throws {
        let folder = try ReChorusFiles().write()
        try folder.write(
            "train.csv", bytes: Array("user_id\titem_id\ttime\n1\t".utf8) + [0xff, 0x31] + Array("\t1\n".utf8))
        #expect(try #require(folder.loadError()).description.contains("train.csv:2: item_id is \"\\xff1\""))
    }

    @Test func `nothing that a terminal would obey gets from a file into a message`() throws {
        let folder = try ReChorusFiles().write()
        try folder.write("train.csv", "\u{1B}[2J\u{9B}\u{202E}\titem_id\n")
        #expect(
            try #require(folder.loadError()).description.contains(
                "no column user_id: \"\\u{1b}[2J\\u{9b}\\u{202e}\", \"item_id\""))
        let names = try TemporaryFolder()
        for index in 0..<1000 { try names.write("\u{1B}[2J\(index)\n.csv", "1 1") }
        let error = try #require(names.loadError())
        #expect(error.description.utf8.count < 2000)
        #expect(error.description.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 })
    }

    @Test func `times at both ends of 64 bits can be sampled`() throws {
        var files = ReChorusFiles()
        files.train += [
            "4\t1\t-9223372036854775807", "4\t2\t9223372036854775807", "5\t1\t-5", "5\t2\t9223372036854775802",
        ]
        let (shards, store) = try files.write().load().wholeStore()
        #expect(shards.sampleCount == 5)
        // A gap that is more than 64 bits can hold is none.
        #expect(store.smallestTimeGaps == [10, 10, 10, .max, .max])
    }

    @Test func `an item beyond the catalogue is refused`() throws {
        let folder = try ReChorusFiles().write()
        try folder.write("item_meta.csv", "item_id\n1\n2\n3\n4\n5\n6\n")
        let error = try #require(folder.loadError())
        #expect(
            error.description.contains("test.csv:2: an entry of neg_items is 7, which is not among the 6 items of "))
        try folder.write("item_meta.csv", "item_id\n")
        #expect(try #require(folder.loadError()).description.contains("item_meta.csv: the catalogue has no item"))
    }

    @Test func `a file in two versions is refused`() throws {
        let folder = try ReChorusFiles().write()
        try folder.appendGzip("dev.csv.gz", "user_id\titem_id\ttime\n")
        #expect(try #require(folder.loadError()).problem == "there is dev.csv.gz as well")
    }

    @Test func `lines of text with too little or other content are refused`() throws {
        for (line, message) in [
            ("7", "4: the line has 1 column"), ("1 x", "4: item is \"x\""), ("0 1", "4: user is 0"),
            ("1 -1", "4: item is -1"), ("1 9999999999999999999", "4: item is \"9999999999999999999\""),
        ] {
            let folder = try TemporaryFolder()
            try folder.write("data.txt", "1 1\n1 2\n1 3\n\(line)\n")
            let error = try #require(folder.loadError())
            #expect(error.description.hasPrefix("\(folder.file("data.txt")):\(message)"), "\(error)")
        }
    }

    @Test func `a user with one interaction gives no sample and no row`() throws {
        var files = ReChorusFiles()
        // User 4 is in train only, user 5 in test only.
        files.train.append("4\t1\t10")
        files.test.append("5\t1\t10\t[2, 3]")
        let dataset = try files.write().load()
        let (shards, store) = try dataset.wholeStore()
        #expect(shards.sampleCount == 3)
        let rows = EvaluationRows(store: store, kind: .sequential, shard: 0, split: .test, historyMax: 0)
        #expect(rows.count == 3)
        #expect(rows.countWithoutHistory == 1)
        #expect(EvaluationRows(store: store, kind: .everyInteraction, shard: 0, split: .test, historyMax: 0).count == 4)
    }

    @Test func `a user with every item in train is refused where negatives are drawn, and only there`() throws {
        var files = ReChorusFiles()
        files.train += (1...7).map { "1\t\($0)\t\($0)" }
        let folder = try files.write()
        let dataset = try folder.load()
        let error = #expect(throws: DatasetError.self) { try dataset.requireNegatives() }
        #expect(error?.kind == .invalid)
        #expect(error?.description.hasPrefix("\(folder.file("train.csv")): user 1 has all 7 items in train") == true)
        #expect(error?.recoverySuggestion.contains("--loss full-softmax") == true)
        try ReChorusFiles().write().load().requireNegatives()
    }

    @Test func `no sample at all is an error`() throws {
        var files = ReChorusFiles()
        files.train = ["user_id\titem_id\ttime", "1\t1\t10", "2\t2\t10"]
        let dataset = try files.write().load()
        let error = #expect(throws: DatasetError.self) {
            try LogicalShards(dataset: dataset, kind: .sequential, count: 2)
        }
        #expect(error?.kind == .invalid)
        #expect(error?.problem.contains("no training sample") == true)
        #expect(try LogicalShards(dataset: dataset, kind: .everyInteraction, count: 2).sampleCount == 2)
        // Ranking needs none.
        let shards = try LogicalShards(dataset: dataset, kind: .sequential, count: 2, needsSamples: false)
        let store = SequenceStore(dataset: dataset, shards: shards, range: 0..<2)
        let rows = (0..<2).map {
            EvaluationRows(store: store, kind: .sequential, shard: $0, split: .test, historyMax: 0)
        }
        #expect(rows.reduce(0) { $0 + $1.count } == 3)
    }
}
