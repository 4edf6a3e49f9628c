import CZlib
import Foundation
import Testing
import TrainerSupport

/// A data set that cannot be used ends in one message with the file and the line, on any number of ranks, and leaves
/// what an earlier run wrote.
@Suite struct BadDataTests {
    struct Case: Sendable, CustomStringConvertible {
        let description: String
        let message: String
        /// Makes the data set's folder, `data/tables`.
        let make: @Sendable (Workspace) throws -> Void

        init(_ description: String, _ message: String, make: @escaping @Sendable (Workspace) throws -> Void) {
            self.description = description
            self.message = message
            self.make = make
        }

        init(_ description: String, _ message: String, change: @escaping @Sendable (inout SmallTables) -> Void) {
            self.init(description, message) { workspace in
                var tables = SmallTables()
                change(&tables)
                try tables.write(to: workspace, "data/tables")
            }
        }
    }

    static let cases = [
        Case("no folder", "data/tables: no such folder, nor is there", make: { _ in }),
        Case("a mistyped folder", "data/tables: no such folder; did you mean tabels?") { workspace in
            for name in ["tabels", "others"] { try SmallTables().write(to: workspace, "data/" + name) }
        },
        Case("another folder", "holds games, shop") { workspace in
            for name in ["games", "shop"] { try SmallTables().write(to: workspace, "data/" + name) }
        },
        Case("an empty folder", "data/tables: no data set of a known format: the folder is empty") { workspace in
            try FileManager.default.createDirectory(
                atPath: workspace("data/tables"), withIntermediateDirectories: true)
        },
        Case("a missing file", "tables/test.csv: the file is missing") { workspace in
            try SmallTables().write(to: workspace, "data/tables")
            try FileManager.default.removeItem(atPath: workspace("data/tables/test.csv"))
        },
        Case("a folder in place of a file", "tables/dev.csv: cannot be opened: it is a folder") { workspace in
            try SmallTables().write(to: workspace, "data/tables")
            try FileManager.default.removeItem(atPath: workspace("data/tables/dev.csv"))
            try workspace.write("data/tables/dev.csv/file", "")
        },
        Case("a wrong header", "tables/train.csv:1: the header has no column item_id") {
            $0.train[0] = "user_id\titem\ttime"
        },
        Case("too few columns", "tables/train.csv:7: the line has 2 columns, at least 3 are needed") {
            $0.train[6] = "2\t4"
        },
        Case("no number", "tables/train.csv:3: item_id is \"four\"") { $0.train[2] = "1\tfour\t10" },
        Case("item 0", "tables/dev.csv:5: item_id is 0") { $0.dev[4] = "4\t0\t40\t[1, 2, 3, 4, 5]" },
        Case("user 0", "tables/train.csv:2: user_id is 0") { $0.train[1] = "0\t1\t10" },
        Case("an item beyond the catalogue", "tables/train.csv:") {
            $0.others["item_meta.csv"] = ["item_id"] + (1..<SmallTables.items).map { "\($0)" }
        },
        Case("negatives of unequal length", "tables/dev.csv:4: neg_items has 4 entries, the rows before have 5") {
            $0.dev[3] = "3\t8\t40\t[1, 2, 3, 4]"
        },
        Case("no interaction", "tables/train.csv: there is no interaction to train on") {
            $0.train.removeSubrange(1...)
            $0.dev.removeSubrange(1...)
            $0.test.removeSubrange(1...)
        },
        Case("a file of no bytes", "tables/train.csv:1: the header has no column user_id") { $0.train = [""] },
        Case("a truncated gzip", "tables/train.csv.gz:24: the gzip data end too early") { workspace in
            try SmallTables().write(to: workspace, "data/tables")
            let plain = workspace("data/tables/train.csv")
            try compress(plain, keeping: 0.6)
            try FileManager.default.removeItem(atPath: plain)
        },
    ]

    @Test(arguments: cases, [Launch.alone, .ranks(2)])
    func `a data set that cannot be used is refused with one message`(_ input: Case, launch: Launch) async throws {
        let workspace = try Workspace()
        let out = try workspace.copy(try await FinishedRuns.workspace()("ComiRec"), as: "run")
        try input.make(workspace)
        try await expectRefusal(
            Refusal(65, naming: input.message), launch,
            [
                "train", "--model", "ComiRec", "--epochs", "1", "--data-root", workspace("data"), "--dataset", "tables",
                "--out", out,
            ] + FinishedRuns.options, leaving: out)
        try await expectRefusal(
            Refusal(65, naming: input.message), launch,
            ["evaluate", "--checkpoint", out, "--data-root", workspace("data")],
            leaving: out)
    }

    @Test(arguments: [Launch.alone, .ranks(2)])
    func `users with one interaction are nothing to train on, and can be ranked`(launch: Launch) async throws {
        let workspace = try Workspace()
        let out = try workspace.copy(try await FinishedRuns.workspace()("ComiRec"), as: "run")
        var tables = SmallTables()
        tables.train = [tables.train[0]] + (1...SmallTables.users).map { "\($0)\t\($0)\t0" }
        try tables.write(to: workspace, "data/tables")
        try await expectRefusal(
            Refusal(65, naming: "tables/train.csv: no training sample: no user has two interactions"), launch,
            [
                "train", "--model", "ComiRec", "--epochs", "1", "--data-root", workspace("data"), "--dataset", "tables",
                "--out", out,
            ] + FinishedRuns.options, leaving: out)
        try await launch.successfulTrainer(["evaluate", "--checkpoint", out, "--data-root", workspace("data")])
    }

    /// Writes `path`.gz with only the first part of its bytes.
    private static func compress(_ path: String, keeping part: Double) throws {
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        guard let stream = gzopen(path + ".gz", "wb") else { throw CocoaError(.fileWriteUnknown) }
        let written = gzwrite(stream, bytes, UInt32(bytes.count))
        guard gzclose(stream) == Z_OK, Int(written) == bytes.count else { throw CocoaError(.fileWriteUnknown) }
        let compressed = try Data(contentsOf: URL(filePath: path + ".gz"))
        try compressed.prefix(Int(Double(compressed.count) * part)).write(to: URL(filePath: path + ".gz"))
    }
}
