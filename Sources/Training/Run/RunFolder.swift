import FileIO
import Foundation
import Options
import Recommenders

/// The folder of a run: what a training leaves behind, and where to find it.
public struct RunFolder: Sendable {
    /// The folder itself.
    public let path: String

    /// The run in a folder, which need not exist: nothing is read or made.
    public init(_ path: String) { self.path = path }

    /// The options that the run was made with: `config.yaml`.
    public var configuration: String { path + "/config.yaml" }
    /// A line for each epoch: `metrics.jsonl`.
    public var metrics: String { path + "/metrics.jsonl" }
    /// What the finished training is: `result.json`.
    public var result: String { path + "/result.json" }
    /// The kept parameters: `model/model.safetensors`.
    public var model: String { path + "/model/model.safetensors" }
    /// Event files of TensorBoard, where they were asked for: `tensorboard`.
    var tensorBoard: String { path + "/tensorboard" }
    /// Who works on the run: see ``RunFence``.
    var attempt: String { path + "/attempt" }
    /// The last sign of life of that process: see ``RunHeartbeat``.
    var heartbeat: String { path + "/heartbeat" }
    /// The claim of a process that has not begun to write.
    func claim(_ attempt: Int) -> String { path + "/" + Self.prefixOfClaims + String(attempt) }
    /// The numbers of such claims.
    var claims: [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.compactMap { name in
            guard name.hasPrefix(Self.prefixOfClaims) else { return nil }
            return Int(name.dropFirst(Self.prefixOfClaims.count)).flatMap { RunClaim.numbers.contains($0) ? $0 : nil }
        }
    }
    private static let prefixOfClaims = ".attempt-"
    var checkpoints: CheckpointFolder { CheckpointFolder(path: path + "/checkpoints") }

    /// The run of the stage before, kept inside the run that continues it.
    public var pretrain: RunFolder { RunFolder(path + "/pretrain") }

    /// Makes the folders inside of the folder, for a process that has claimed the run.
    package func create() throws(FileError) {
        for folder in [path, path + "/model", checkpoints.path] {
            try Self.makeFolder(folder)
            AtomicFile.removeLeftovers(in: folder)
        }
    }

    /// Makes a folder of a run and those around it.
    ///
    /// - Returns: those that were not there, the outer ones first.
    @discardableResult
    static func makeFolder(_ path: String) throws(FileError) -> [String] {
        try Folder.create(path, advice: "choose another folder with --out")
    }

    /// Removes what an earlier run found: one that does not get to its end must not look as if it had.
    func removeArtifacts() throws(FileError) {
        try remove(result)
        try remove(model)
        try checkpoints.removeAll()
        try TensorBoardLog.removeAll(in: tensorBoard)
    }

    /// Removes the result of a training that is resumed.
    func removeResult() throws(FileError) { try remove(result) }

    private func remove(_ file: String) throws(FileError) {
        guard unlink(file) == 0 || errno == ENOENT else {
            throw FileError(path: file, operation: .replace, code: errno)
        }
    }

    /// Whether `source`, a run or a file, lies in this folder itself, where a new run would overwrite it.
    func holdsArtifacts(of source: String) -> Bool {
        let own = Self.resolved(path)
        let resolved = Self.resolved(source)
        return resolved == own || resolved == Self.resolved(model)
    }

    private static func resolved(_ path: String) -> String {
        URL(filePath: path).resolvingSymlinksInPath().standardized.path
    }

    /// Writes `config.yaml`.
    public func write(_ configuration: TrainingConfiguration) throws {
        try AtomicFile.write(configuration.text.text, to: self.configuration)
    }

    /// Reads and checks `config.yaml`.
    ///
    /// - Parameter option: the option that named the folder, for the message.
    public func readConfiguration(namedBy option: String = "--out") throws -> TrainingConfiguration {
        do {
            let options = try OptionText(contentsOf: configuration)
            try requireModel(of: options)
            let decoded = try TrainingConfiguration(options, isStored: true)
            try decoded.validate()
            return decoded
        } catch let error as FileError {
            throw TrainingError(
                .data, "\(configuration): cannot be read: \(error.reason)",
                recoverySuggestion: "\(path) is not the folder of a run: name one with \(option)")
        } catch let error as OptionError {
            throw TrainingError(
                .data, error.message(path: configuration),
                recoverySuggestion: "restore the file that the training wrote")
        } catch let error as TrainingError {
            throw TrainingError(
                .data, "\(configuration): \(error.problem.printable())", recoverySuggestion: error.recoverySuggestion)
        }
    }

    /// Refuses the run of a model that this program does not have: what is strange in its options is the model.
    private func requireModel(of options: OptionText) throws(TrainingError) {
        guard let model = options["model"]?.value, RecommenderCatalogue.entry(named: model) == nil else { return }
        throw TrainingError(
            .data, "there is no model \(model.printable(limit: 100)) in this program",
            recoverySuggestion: "use the program that trained it")
    }

    /// Whether a training stopped here before its end, and can be resumed.
    var isUnfinished: Bool { !FileManager.default.fileExists(atPath: result) && !checkpoints.steps.isEmpty }

    /// Moves what an earlier stage left here into the folder ``pretrain``.
    ///
    /// The model comes first and stays in both places for a moment, the configuration last: whenever a process is killed
    /// in between, one of the two folders is complete.
    func keepAsPretrained() throws(FileError) {
        try pretrain.create()
        try pretrain.checkpoints.removeAll()
        try TensorBoardLog.removeAll(in: pretrain.tensorBoard)
        unlink(pretrain.model)
        guard link(model, pretrain.model) == 0 || rename(model, pretrain.model) == 0 else {
            throw FileError(path: pretrain.model, operation: .replace, code: errno)
        }
        let steps = checkpoints.steps
        let events = TensorBoardLog.names(in: tensorBoard)
        if !events.isEmpty { try Self.makeFolder(pretrain.tensorBoard) }
        let moves =
            steps.map { (checkpoints.file(step: $0), pretrain.checkpoints.file(step: $0)) }
            + events.map { (tensorBoard + "/" + $0, pretrain.tensorBoard + "/" + $0) } + [
                (metrics, pretrain.metrics), (result, pretrain.result), (configuration, pretrain.configuration),
            ]
        for (from, to) in moves where FileManager.default.fileExists(atPath: from) {
            guard rename(from, to) == 0 else { throw FileError(path: to, operation: .replace, code: errno) }
        }
    }
}
