import FileIO
import Foundation
import TrainerSupport

/// Small trainings to be looked at while they run and afterwards.
enum WatchedTraining {
    static func arguments(_ out: String, model: String = "ComiRec", _ more: String...) async throws -> [String] {
        let finished = try await FinishedRuns.workspace()
        return [
            "train", "--data-root", finished("data"), "--dataset", FinishedRuns.dataset, "--out", out, "--early-stop",
            "0", "--model", model, "--interests", "3",
        ] + FinishedRuns.options + more
    }

    /// The lines of `metrics.jsonl`.
    static func lines(_ out: String) throws -> [JSONValue] {
        try String(contentsOfFile: out + "/metrics.jsonl", encoding: .utf8).split(separator: "\n").map {
            try JSONValue(parsing: String($0))
        }
    }

    /// The event files of a run.
    static func eventFiles(_ out: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: out + "/tensorboard")) ?? []).sorted().map {
            out + "/tensorboard/" + $0
        }
    }

    /// How many epochs are in the log so far.
    static func epochs(_ out: String) -> Int {
        FileManager.default.contents(atPath: out + "/metrics.jsonl")?.count { $0 == UInt8(ascii: "\n") } ?? 0
    }
}
