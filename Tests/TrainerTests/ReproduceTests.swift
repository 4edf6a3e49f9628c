import Foundation
import ProcessSupport
import Testing
import TrainerSupport

/// `scripts/reproduce`: the table of the published rows.
@Suite struct ReproduceTests {
    /// The script in a folder with small tables and the trainer where it looks for it.
    private struct Checkout {
        let workspace: Workspace

        init() throws {
            workspace = try Workspace()
            var package = URL(filePath: #filePath)
            for _ in 0..<3 { package.deleteLastPathComponent() }
            let files = FileManager.default
            for folder in ["scripts", ".build/release"] {
                try files.createDirectory(atPath: workspace(folder), withIntermediateDirectories: true)
            }
            for script in ["scripts/reproduce", "scripts/local-mpi"] {
                try files.copyItem(atPath: package.appending(path: script).path, toPath: workspace(script))
            }
            try files.createSymbolicLink(
                atPath: workspace(".build/release/trainer"), withDestinationPath: try path(ofProduct: "trainer"))
        }

        func reproduce(_ arguments: String...) async throws -> ProgramResult {
            try await run(
                product: workspace("scripts/reproduce"), arguments: arguments, workingDirectory: workspace.path)
        }

        /// A result as a training leaves it.
        func write(_ folder: String, hits: String, gain: String, epoch: Int = 1) throws {
            try workspace.write(
                folder + "/result.json",
                """
                {
                  "test": {
                    "HR@5": \(hits),
                    "NDCG@5": \(gain)
                  },
                  "dev": {
                    "HR@5": 0.9,
                    "NDCG@5": 0.9
                  },
                  "best_epoch": \(epoch)
                }
                """)
        }
    }

    private func rows(_ result: ProgramResult) -> [String] {
        result.standardOutput.split(separator: "\n").map(String.init).filter { $0.hasPrefix("| ") }
    }

    @Test func `finished runs become a row of mean, deviation, lowest, highest and what is below`() async throws {
        let checkout = try Checkout()
        try checkout.write("runs/BPR-0", hits: "0.30", gain: "0.24", epoch: 7)
        try checkout.write("runs/BPR-1", hits: "0.34", gain: "0.26", epoch: 9)
        try checkout.write("runs/BPR-2", hits: "0.32", gain: "0.25", epoch: 8)
        // The error of both sides is 0.0200 * sqrt(1/3 + 1) = 0.0231: the first mean is further below, the second not.
        try checkout.write("runs/YouTube-0", hits: "0.33", gain: "0.24")
        try checkout.write("runs/YouTube-1", hits: "0.37", gain: "0.28")
        try checkout.write("runs/YouTube-2", hits: "0.35", gain: "0.26")
        try checkout.write("runs/TiMiRec+-0/pretrain", hits: "0.39", gain: "0.29")
        let result = try await checkout.reproduce("--table", "--out", "runs", "BPR", "YouTube", "ComiRec+", "TiMiRec+")
        #expect(result.exitCode == 0, "\(result.standardError)")
        #expect(
            rows(result) == [
                "| row | seeds | HR@5 | lowest | highest | published | difference "
                    + "| NDCG@5 | lowest | highest | published | difference |",
                "| BPR | 3 | 0.3200 ± 0.0200 | 0.3000 | 0.3400 | 0.3574 | -0.0374 below "
                    + "| 0.2500 ± 0.0100 | 0.2400 | 0.2600 | 0.2480 | +0.0020 |",
                "| YouTube | 3 | 0.3500 ± 0.0200 | 0.3300 | 0.3700 | 0.3643 | -0.0143 "
                    + "| 0.2600 ± 0.0200 | 0.2400 | 0.2800 | 0.2601 | -0.0001 |",
                "| ComiRec+ | 1 | 0.3900 | | | 0.3904 | -0.0004 | 0.2900 | | | 0.2909 | -0.0009 |",
                "| TiMiRec+ | 0 | | | | 0.4063 | | | | | 0.3087 | |",
                "| row | HR@5 of each seed | NDCG@5 | best epoch |",
                "| BPR | 0.3000, 0.3400, 0.3200 | 0.2400, 0.2600, 0.2500 | 7, 9, 8 |",
                "| YouTube | 0.3300, 0.3700, 0.3500 | 0.2400, 0.2800, 0.2600 | 1, 1, 1 |",
                "| ComiRec+ | 0.3900 | 0.2900 | 1 |",
            ])
    }

    @Test func `rows are trained once, and the pretraining of TiMiRec+ is the row ComiRec+`() async throws {
        let checkout = try Checkout()
        try SmallTables().write(to: checkout.workspace, "data/Grocery_and_Gourmet_Food")
        let first = try await checkout.reproduce("--seeds", "0,1", "POP", "BPR", "TiMiRec+", "ComiRec+")
        #expect(first.exitCode == 0, "\(first.standardError)")
        // ComiRec+ comes first in the table and is trained; TiMiRec+ continues it.
        let commands = first.standardError.split(separator: "\n").filter { $0.contains("/trainer train ") }
        #expect(commands.count == 1 + 2 * 3, "\(first.standardError)")
        let runs = checkout.workspace("runs/reproduce")
        #expect(!FileManager.default.fileExists(atPath: runs + "/POP-1"))
        for run in ["ComiRec+-0", "ComiRec+-1", "TiMiRec+-0", "TiMiRec+-1"] {
            try FileManager.default.removeItem(atPath: runs + "/" + run)
        }
        let alone = try await checkout.reproduce("--seeds", "0,1", "TiMiRec+")
        let again = try await checkout.reproduce("--seeds", "0,1", "POP", "BPR", "ComiRec+", "TiMiRec+")
        #expect(again.standardError == "", "\(again.standardError)")
        #expect(rows(again) == rows(first) && rows(alone).last == rows(first).last)
        let table = try await checkout.reproduce("--seeds", "0,1", "--table", "POP", "BPR", "ComiRec+", "TiMiRec+")
        #expect(rows(table).starts(with: rows(again)))
    }

    @Test func `what cannot be is refused`() async throws {
        let checkout = try Checkout()
        for (arguments, code, message) in [
            (["--table", "--time"], 64, "choose one"),
            (["--table", "--out", "nothing"], 65, "nothing: no such folder"),
            (["--seeds", "0,x"], 64, "--seeds is '0,x'"), (["--seeds"], 64, "--seeds needs a value"),
            (["BRP"], 64, "there is no row BRP"),
        ] as [([String], Int32, String)] {
            let result = try await run(
                product: checkout.workspace("scripts/reproduce"), arguments: arguments,
                workingDirectory: checkout.workspace.path)
            #expect(result.exitCode == code && result.standardError.contains(message), "\(result.standardError)")
        }
    }
}
