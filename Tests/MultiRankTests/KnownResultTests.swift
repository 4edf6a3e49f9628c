import FileIO
import Foundation
import Testing
import TrainerSupport

/// What short trainings found when their results were last looked at: so that no change of a result goes unnoticed.
///
/// One table serves every x86-64 build with FMA. `FACET_RECORD=FILE` writes the table that this build would have, to be
/// looked at and put in its place where a change of results is meant.
@Suite struct KnownResultTests {
    static let commands =
        TrainingCommand.everyModel(.withTransformer) + TrainingCommand.everyModel(.withoutTransformer)
        + ["BPRMF", "ComiRec", "TiMiRec"].map {
            TrainingCommand(model: $0, stage: $0 == "TiMiRec" ? "both" : nil, setting: .randomUsers)
        } + TrainingCommand.everyObjective + TrainingCommand.everySelection

    private static var isOnX86: Bool {
        #if arch(x86_64)
        true
        #else
        false
        #endif
    }

    private static let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "KnownResults.json")

    private static func table() throws -> JSONValue {
        try JSONValue(parsing: try String(contentsOf: file, encoding: .utf8))
    }

    /// The part of a result that the table has.
    private static func summary(of run: FinishedRun) -> JSONValue {
        func first(_ metrics: JSONValue?) -> JSONValue {
            .array(["HR@5", "NDCG@5", "HR@10", "NDCG@10"].map { metrics?[$0] ?? .null })
        }
        return [
            "parameters_sha256": run.result["parameters_sha256"] ?? .null,
            "steps": run.result["steps"] ?? .null, "best_epoch": run.result["best_epoch"] ?? .null,
            "train_loss": .array(run.metrics.map { $0["train_loss"] ?? .null }),
            "dev": .array(run.metrics.map { first($0["dev"]) }),
            "test": first(run.result["test"]), "popularity_test": first(run.result["popularity_test"]),
        ]
    }

    private static func train(_ command: TrainingCommand) async throws -> JSONValue {
        let workspace = try Workspace()
        let arguments = command.arguments(dataRoot: try await SmallData.root()) + ["--out", workspace("run")]
        try await Launch.alone.successfulTrainer(arguments)
        return summary(of: try FinishedRun(folder: workspace("run")))
    }

    /// Whether two results agree: texts and whole numbers in all digits, others up to what a C library's logarithm may
    /// make of the last one.
    private static func agree(_ value: JSONValue?, _ known: JSONValue?) -> Bool {
        switch (value, known) {
        case (.array(let values)?, .array(let known)?):
            values.count == known.count && zip(values, known).allSatisfy(agree)
        case (.object(let members)?, .object(let others)?):
            members.map(\.key) == others.map(\.key) && zip(members, others).allSatisfy { agree($0.value, $1.value) }
        default:
            if let value = value?.double, let known = known?.double {
                abs(value - known) <= 1e-12 * max(abs(known), 1e-3)
            } else {
                value != nil && value == known
            }
        }
    }

    @Test(.enabled(if: isOnX86, "the known results are of x86-64"), arguments: commands)
    func `a short training finds what it found before`(command: TrainingCommand) async throws {
        try Self.expectKnown(try await Self.train(command), of: command)
    }

    // Outside of the test, since the compiler (6.3.1) fails on an asynchronous function with this in it.
    @inline(never)
    private static func expectKnown(_ found: JSONValue, of command: TrainingCommand) throws {
        let known = try #require(try table()[command.description], "KnownResults.json has no \(command)")
        #expect(agree(found, known), "\(command) finds \(found.compact), not \(known.compact)")
    }

    @Test func `each result is of a command of its own`() async throws {
        if let path = ProcessInfo.processInfo.environment["FACET_RECORD"] { try await Self.record(to: path) }
        guard case .object(let members) = try Self.table() else {
            Issue.record("KnownResults.json is no object")
            return
        }
        #expect(Set(members.map(\.key)) == Set(Self.commands.map(\.description)))
        #expect(members.count == Self.commands.count)
    }

    private static func record(to path: String) async throws {
        var lines: [String] = []
        for command in commands {
            lines.append("\(JSONValue.string(command.description).compact): \(try await train(command).compact)")
        }
        try "{\n\(lines.joined(separator: ",\n"))\n}\n".write(toFile: path, atomically: true, encoding: .utf8)
    }
}
