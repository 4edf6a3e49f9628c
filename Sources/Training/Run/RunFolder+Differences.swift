import FileIO
import Interactions

/// Whether what a command asks for is what the folder holds.
extension RunFolder {
    /// Throws where a training stopped that can be resumed.
    func refuseUnfinished() throws(TrainingError) {
        guard isUnfinished else { return }
        throw TrainingError(
            .usage, "\(path) holds a training that stopped after step \(checkpoints.steps.last ?? 0)",
            recoverySuggestion: "continue it with --resume, throw it away with --overwrite, or choose another --out")
    }

    /// Throws where there is the result of another training: with other options, or on other data.
    ///
    /// - Parameter ignoresExtractor: whether it may continue another extractor.
    func refuseResult(
        unlike configuration: TrainingConfiguration, ignoresExtractor: Bool, on data: DatasetFingerprint
    ) throws {
        guard let result = try? String(contentsOfFile: result, encoding: .utf8) else { return }
        let changes = try differences(from: configuration, ignoresExtractor: ignoresExtractor).changes
        let isOfSameData = (try? JSONValue(parsing: result))?["data"] == data.json
        guard !changes.isEmpty || !isOfSameData else { return }
        let canBeExtended = isOfSameData && changes.allSatisfy { $0.effect == .ending }
        throw TrainingError(
            .usage,
            "\(path) holds the result of another training: "
                + (changes.map(\.text) + (isOfSameData ? [] : ["other data"])).joined(separator: ", "),
            recoverySuggestion: (canBeExtended ? "continue it with --resume --extend, " : "")
                + "choose another --out, or throw the result away with --overwrite")
    }

    /// Throws where the parameters here were trained with other options than those of `configuration`, apart from those
    /// that only decide when a training ends, and those of ranking.
    func refuseParameters(unlike configuration: TrainingConfiguration) throws {
        let changes = try differences(from: configuration).changes.filter { $0.effect == .result }
        guard !changes.isEmpty else { return }
        throw TrainingError(
            .usage, "\(path) was trained with other options: \(changes.map(\.text).joined(separator: ", "))",
            recoverySuggestion: "give the options of before, or name another run")
    }

    /// In what a configuration differs from that of the run here.
    func differences(
        from configuration: TrainingConfiguration, ignoresExtractor: Bool = true
    ) throws -> ResumeDifferences {
        let before = (try? String(contentsOfFile: self.configuration, encoding: .utf8)) ?? ""
        return ResumeDifferences(now: configuration, before: before, ignoresExtractor: ignoresExtractor)
    }
}
