import FileIO
import Foundation
import Interactions
import ModelFiles
import Testing
import TrainerSupport

/// A training from a binary store is the training from what it was made of, and ids that are text stay with a run.
@Suite struct InteractionStoreTests {
    private static func train(_ workspace: Workspace, _ model: String, _ dataset: String, _ out: String) -> [String] {
        [
            "train", "--model", model, "--epochs", "3", "--data-root", workspace("data"), "--dataset", dataset, "--out",
            workspace(out),
        ] + FinishedRuns.options
    }

    private static func store(_ dataset: InteractionDataset, _ workspace: Workspace, _ name: String) throws {
        try workspace.write("data/\(name)/notes.md", "A store.")
        try InteractionStore.write(dataset, to: workspace("data/\(name)/interactions.facet"))
    }

    /// The data set with text in place of its ids, in the order of their numbers.
    private static func named(
        _ dataset: InteractionDataset, user: (Int32) -> String = { "customer \($0)" },
        item: (Int32) -> String = { "sku-\($0)-é" }
    ) throws -> InteractionDataset {
        try InteractionDataset(
            name: dataset.name, users: .named(try NamedIds((1...Int32(dataset.userCount)).map(user))),
            items: .named(try NamedIds((1...Int32(dataset.itemCount)).map(item))), train: dataset.train,
            dev: dataset.dev, test: dataset.test, hasTimes: dataset.hasTimes)
    }

    private static func expectSame(_ one: String, _ other: String, apartFromIds: Bool = false) throws {
        let (found, reference) = (try FinishedRun(folder: one), try FinishedRun(folder: other))
        #expect(found.digest == reference.digest && !found.digest.isEmpty)
        #expect(found.result["test"] == reference.result["test"])
        #expect(found.metrics == reference.metrics)
        guard !apartFromIds else { return }
        #expect(found.result["data"] == reference.result["data"])
    }

    @Test(arguments: ["ComiRec", "BPRMF", "TiSASRec", "LightGCN"])
    func `a training from a store has the bits of one from text`(model: String) async throws {
        let workspace = try Workspace()
        try SmallTables().write(to: workspace, "data/tables")
        try SmallTables().writePairs(to: workspace, "data/pairs/pairs.txt")
        for dataset in ["tables", "pairs"] {
            let loaded = try InteractionDataset.load(folder: workspace("data/" + dataset))
            try Self.store(loaded, workspace, dataset + "-stored")
            try await Launch.alone.successfulTrainer(Self.train(workspace, model, dataset, dataset))
            for (launch, out) in [(Launch.alone, "alone"), (.ranks(2), "two")] {
                try await launch.successfulTrainer(
                    Self.train(workspace, model, dataset + "-stored", dataset + out))
                try Self.expectSame(workspace(dataset + out), workspace(dataset))
            }
        }
    }

    @Test(arguments: ["ComiRec", "BPRMF"])
    func `ids that are text train, resume and are evaluated, and the run has them`(model: String) async throws {
        let workspace = try Workspace()
        try SmallTables().write(to: workspace, "data/dense")
        let dense = try InteractionDataset.load(folder: workspace("data/dense"))
        try Self.store(try Self.named(dense), workspace, "shop")
        try await Launch.alone.successfulTrainer(Self.train(workspace, model, "dense", "dense"))
        let line = Self.train(workspace, model, "shop", "run")
        try await Launch.ranks(2).successfulTrainer(line + ["--epochs", "2"])
        try await Launch.alone.successfulTrainer(line + ["--resume", "--extend"])
        try Self.expectSame(workspace("run"), workspace("dense"), apartFromIds: true)
        let data = try FinishedRun(folder: workspace("run")).result["data"]
        #expect(data?["ids_crc32c"] != nil)

        let file = try SafetensorsFile(path: workspace("run/model/model.safetensors"))
        let (text, starts) = (try file.bytes("item_ids.bytes"), try file.integers("item_ids.offsets"))
        let names = zip(starts, starts.dropFirst()).map { String(decoding: text[$0..<$1], as: UTF8.self) }
        #expect(names == [""] + (1...SmallTables.items).map { "sku-\($0)-é" })
        #expect((file["user_ids.bytes"] == nil) == (model == "ComiRec"))

        let test = try FinishedRun(folder: workspace("dense")).result["test"]
        for launch in [Launch.alone, .ranks(2)] {
            let evaluated = try await launch.successfulTrainer([
                "evaluate", "--json", "--checkpoint", workspace("run"),
            ])
            #expect(try JSONValue(parsing: evaluated.standardOutput)["metrics"] == test)
        }
        // The same ids with other numbers are the same users and items.
        try Self.store(try Self.reversed(dense), workspace, "reversed")
        let other = try await Launch.ranks(2).successfulTrainer([
            "evaluate", "--json", "--checkpoint", workspace("run"), "--dataset", "reversed",
        ])
        #expect(try JSONValue(parsing: other.standardOutput)["metrics"] == test)
    }

    @Test func `a training that begins with the parameters of another finds its ids`() async throws {
        let workspace = try Workspace()
        try SmallTables().write(to: workspace, "data/dense")
        let dense = try InteractionDataset.load(folder: workspace("data/dense"))
        try Self.store(try Self.named(dense), workspace, "shop")
        try Self.store(try Self.reversed(dense, newest: "a new one"), workspace, "reversed")
        try await Launch.alone.successfulTrainer(Self.train(workspace, "BPRMF", "shop", "run"))
        let result = try await Launch.ranks(2).successfulTrainer(
            Self.train(workspace, "BPRMF", "reversed", "warm") + ["--warm-start", workspace("run")])
        #expect(
            result.standardError.contains("19 of 20 items, 12 of 12 users are known there"), "\(result.standardError)")
    }

    /// The data set of ``named(_:user:item:)`` with its items numbered from the last.
    ///
    /// - Parameter newest: in the place of the last name.
    private static func reversed(_ dataset: InteractionDataset, newest: String? = nil) throws -> InteractionDataset {
        let count = Int32(dataset.itemCount)
        func table(_ table: InteractionTable) -> InteractionTable {
            InteractionTable(
                file: table.file, users: Array(table.users), items: table.items.map { count + 1 - $0 },
                times: Array(table.times), negatives: table.negatives.map { count + 1 - $0 },
                negativesPerRow: table.negativesPerRow)
        }
        return try named(
            InteractionDataset(
                name: "reversed", users: dataset.userIds, items: dataset.itemIds, train: table(dataset.train),
                dev: table(dataset.dev), test: table(dataset.test), hasTimes: true),
            item: { $0 == count ? newest ?? "sku-1-é" : "sku-\(count + 1 - $0)-é" })
    }

    @Test func `other ids than those of a run are refused`() async throws {
        let workspace = try Workspace()
        try SmallTables().write(to: workspace, "data/dense")
        let dense = try InteractionDataset.load(folder: workspace("data/dense"))
        try Self.store(try Self.named(dense), workspace, "shop")
        let line = Self.train(workspace, "TiMiRec", "shop", "run") + ["--stage", "pretrain"]
        try await Launch.alone.successfulTrainer(line)
        try Self.store(try Self.named(dense, item: { "\u{202E}ean \($0)" }), workspace, "other")
        for (dataset, item) in [("other", "\\u{202e}ean 1"), ("dense", "2")] {
            for launch in [Launch.alone, .ranks(2)] {
                try await expectRefusal(
                    Refusal(65, naming: "item \(item) is unknown to the model, which has 20 items", "train a model"),
                    launch, ["evaluate", "--checkpoint", workspace("run"), "--dataset", dataset])
            }
        }
        try Self.store(try Self.named(dense, item: { "other \($0)" }), workspace, "shop")
        try await expectRefusal(
            Refusal(65, naming: "was pretrained on other items"), .alone,
            Self.train(workspace, "TiMiRec", "shop", "tuned") + [
                "--stage", "finetune", "--extractor", workspace("run"),
            ])
        try Self.store(try Self.named(dense, user: { "user \($0)" }), workspace, "shop")
        try await expectRefusal(
            Refusal(65, naming: "is not the data set"), .ranks(2), line + ["--resume", "--extend", "--epochs", "4"],
            leaving: workspace("run"))
    }

    @Test func `messages have the ids that came in`() async throws {
        let workspace = try Workspace()
        let table = { (users: [Int32], items: [Int32]) in
            InteractionTable(
                file: "shop", users: users, items: items, times: items.map(Int64.init), negatives: [],
                negativesPerRow: nil)
        }
        let greedy = try InteractionDataset(
            name: "shop", users: .named(try NamedIds(["bob", "évé"])), items: .named(try NamedIds(["a", "b", "c"])),
            train: table([2, 2, 2, 1, 1], [1, 2, 3, 1, 2]), dev: table([1], [3]), test: table([1], [1]), hasTimes: true)
        try Self.store(greedy, workspace, "shop")
        try await expectRefusal(
            Refusal(65, naming: "shop/interactions.facet: user évé has all 3 items in train", "--loss"), .ranks(2),
            Self.train(workspace, "ComiRec", "shop", "run") + ["--loss", "bpr"], leaving: workspace("run"))
        try workspace.write("data/text/train.csv", "user_id\titem_id\ttime\nbob\t1\t2\n")
        for part in ["dev", "test"] {
            try workspace.write("data/text/\(part).csv", "user_id\titem_id\ttime\n1\t1\t2\n")
        }
        try await expectRefusal(
            Refusal(65, naming: "train.csv:2: user_id is \"bob\"", "trainer data convert"), .alone,
            Self.train(workspace, "ComiRec", "text", "run"))
    }

    @Test func `a store that cannot be read ends all ranks with one message`() async throws {
        let workspace = try Workspace()
        try SmallTables().write(to: workspace, "data/dense")
        try Self.store(
            try Self.named(try InteractionDataset.load(folder: workspace("data/dense"))), workspace, "tables")
        let path = workspace("data/tables/interactions.facet")
        let whole = try Data(contentsOf: URL(filePath: path))
        let changes: [(String, (inout Data) -> Void)] = [
            ("interactions.facet: it is no binary store", { $0[0] = 0x20 }),
            ("interactions.facet: it has the format version 9, and this program reads 1", { $0[8] = 9 }),
            ("interactions.facet: it has 1000 bytes, and its header tells of \(whole.count)", { $0 = $0.prefix(1000) }),
            ("interactions.facet: its section trainUsers is damaged", { $0[Self.offset(of: 7, $0)] ^= 1 }),
        ]
        for (message, change) in changes {
            var bytes = whole
            change(&bytes)
            try workspace.write("data/tables/interactions.facet", bytes)
            for launch in [Launch.alone, .ranks(2)] {
                try await expectRefusal(
                    Refusal(65, naming: message), launch, Self.train(workspace, "ComiRec", "tables", "run"),
                    leaving: workspace("run"))
            }
        }
    }

    private static func offset(of section: Int, _ bytes: Data) -> Int {
        (0..<8).reversed().reduce(0) { $0 << 8 | Int(bytes[64 + 32 * section + 8 + $1]) }
    }
}
