import Interactions
import Reporting

/// Whether what a command asks for is what the folder holds.
extension RunFolder {
    /// Options of ranking, and of which part of a training a folder holds: they do not decide about the parameters.
    private static let ofRanking: Set<String> = [
        "topk", "evaluation", "history-scores", "measures", "dev-only", "stage",
    ]

    /// In what a training would differ from the one whose result is here; empty where there is none, or where it is the
    /// same one.
    func differences(from configuration: TrainingConfiguration, on data: DatasetFingerprint) throws -> [String] {
        guard let result = try? String(contentsOfFile: result, encoding: .utf8) else { return [] }
        let changes = try changes(from: configuration).map(\.text)
        return (try? JSONValue(parsing: result))?["data"] == data.json ? changes : changes + ["other data"]
    }

    /// Throws where the parameters here were trained with other options.
    ///
    /// Options that only decide when a training ends may differ, and those of ranking.
    func requireTraining(by configuration: TrainingConfiguration) throws {
        let changes = try changes(from: configuration).filter {
            !Self.ofRanking.contains($0.option) && !ResumeDifferences.extensions.contains($0.option)
        }
        guard !changes.isEmpty else { return }
        throw TrainingError(
            .usage, "\(path) was trained with other options: \(changes.map(\.text).joined(separator: ", "))",
            remedy: "give the options of before, or name another run")
    }

    private func changes(from configuration: TrainingConfiguration) throws -> [(option: String, text: String)] {
        let before = (try? String(contentsOfFile: self.configuration, encoding: .utf8)) ?? ""
        return ResumeDifferences(now: try text(of: configuration), before: before).changes
    }
}
