import FileIO
import Foundation
import Testing
import TrainerSupport

/// What TiSASRec makes of the times of a data set.
@Suite struct TimeTests {
    /// The small tables with other times.
    private static func tables(_ time: @escaping (_ user: Int, _ position: Int) -> Int) -> SmallTables {
        var tables = SmallTables()
        for part in [\SmallTables.train, \.dev, \.test] {
            tables[keyPath: part] = tables[keyPath: part].map { line in
                var fields = line.split(separator: "\t").map(String.init)
                guard let user = Int(fields[0]), let position = Int(fields[2]) else { return line }
                fields[2] = "\(time(user, position / 10))"
                return fields.joined(separator: "\t")
            }
        }
        return tables
    }

    private static func train(_ workspace: Workspace, _ dataset: String, _ more: String...) async throws -> (
        digest: String, warnings: [String]
    ) {
        let out = workspace("\(dataset)-run")
        let result = try await Launch.alone.successfulTrainer(
            [
                "train", "--model", "TiSASRec", "--epochs", "2", "--data-root", workspace("data"), "--dataset", dataset,
                "--overwrite", "--evaluation", "full", "--out", out,
            ] + FinishedRuns.options + more)
        return (
            try FinishedRun(folder: out).digest,
            result.standardError.split(separator: "\n").filter { $0.hasPrefix("warning:") }.map(String.init)
        )
    }

    @Test func `seconds, milliseconds and nanoseconds are the same training`() async throws {
        let workspace = try Workspace()
        let times = { (user: Int, position: Int) in 864_000_000 + 86_400 * (user + position * position) }
        var found: [String] = []
        for factor in [1, 1000, 1_000_000_000] {
            try Self.tables { times($0, $1) * factor }.write(to: workspace, "data/x\(factor)")
            let run = try await Self.train(workspace, "x\(factor)")
            #expect(run.warnings.isEmpty)
            found.append(run.digest)
        }
        #expect(Set(found).count == 1)
        let limited = try await Self.train(workspace, "x1000", "--time-unit-max", "65535")
        #expect(limited.digest != found[0])
        #expect(
            limited.warnings == [
                "warning: all time intervals in the histories of x1000 are equal: 512 of at most 512 units"
            ])
    }

    @Test func `equal times are named in a warning`() async throws {
        let workspace = try Workspace()
        try Self.tables { user, _ in user }.write(to: workspace, "data/equal")
        let run = try await Self.train(workspace, "equal")
        #expect(
            run.warnings == [
                "warning: all time intervals in the histories of equal are equal: 0 of at most 512 units"
            ])
    }

    @Test func `the lines of a text file may be grouped by user, interleaved or apart`() async throws {
        let workspace = try Workspace()
        let lines = (1...12).flatMap { user in (0..<6).map { (user, $0, "\(user) \((user + $0 * $0) % 20 + 1)\n") } }
        let grouped = lines.map(\.2)
        let interleaved = lines.sorted { ($0.1, -$0.0) < ($1.1, -$1.0) }.map(\.2)
        var found: Set<String> = []
        for (name, text) in [
            ("grouped", grouped.joined()), ("interleaved", interleaved.joined()),
            ("blank", grouped.joined(separator: "\n")),
        ] {
            try workspace.write("data/\(name)/data.txt", text)
            found.insert(try await Self.train(workspace, name).digest)
        }
        #expect(found.count == 1)
    }

    @Test func `a run of before the option has the limit of the reference`() async throws {
        let workspace = try Workspace()
        try Self.tables { 200_000 * $1 + $0 }.write(to: workspace, "data/days")
        let limited = try await Self.train(workspace, "days", "--time-unit-max", "65535")
        let line = ["--epochs", "3", "--resume", "--extend"]
        let path = workspace("days-run/config.yaml")
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.contains("time-unit-max: 65535\n"))
        try workspace.write("days-run/config.yaml", text.replacing("time-unit-max: 65535\n", with: ""))
        let evaluated = try await Launch.alone.successfulTrainer([
            "evaluate", "--json", "--checkpoint", workspace("days-run"),
        ])
        let result = try FinishedRun(folder: workspace("days-run")).result
        #expect(try JSONValue(parsing: evaluated.standardOutput)["metrics"] == result["test"])
        #expect(limited.digest == result["parameters_sha256"]?.compact)

        let arguments = [
            "train", "--model", "TiSASRec", "--data-root", workspace("data"), "--dataset", "days", "--out",
            workspace("days-run"),
        ]
        let refused = try await Launch.alone.trainer(arguments + FinishedRuns.options + line)
        #expect(refused.exitCode == 64)
        #expect(
            refused.errorLines.first?.contains("--time-unit-max 0 instead of 65535") == true, "\(refused.errorLines)")
    }
}
