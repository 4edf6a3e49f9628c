import FileIO
import Foundation

/// What a training must not touch: files that are not of a run.
extension RunFolder {
    private static let ownFiles = ["config.yaml", "metrics.jsonl", "result.json", "attempt", "heartbeat"]
    private static let ownFolders = ["model", "checkpoints", "pretrain", "tensorboard"]
    /// Ends of the names of files that a launcher may have begun before the training starts.
    private static let logs = [".log", ".out", ".err"]

    /// Whether this is the folder of a run, of which other commands keep their hands off.
    public var isOfRun: Bool {
        ["config.yaml", "metrics.jsonl"].allSatisfy { FileManager.default.fileExists(atPath: path + "/" + $0) }
    }

    /// Throws where a training into this folder would change what is not of a run.
    ///
    /// - Parameter overwrites: whether a run may be begun among other files. Links, and what is not of the kind that a
    ///   run has under the name, are refused in any case.
    func refuseOtherFiles(overwrites: Bool) throws(TrainingError) {
        for name in Self.ownFiles { try refuse(name, unless: S_IFREG) }
        for name in Self.ownFolders { try refuse(name, unless: S_IFDIR) }
        try refuse("model/model.safetensors", unless: S_IFREG)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: checkpoints.path)) ?? []
        for name in names.sorted() where CheckpointFormat.step(ofFileName: name) != nil {
            try refuse("checkpoints/" + name, unless: S_IFREG)
        }
        for name in TensorBoardLog.names(in: tensorBoard) { try refuse("tensorboard/" + name, unless: S_IFREG) }
        if !overwrites { try refuseFolderOfOthers() }
    }

    /// Throws where something of this name is there and is not of the kind that it must be.
    private func refuse(_ name: String, unless kind: mode_t) throws(TrainingError) {
        let path = path + "/" + name
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT != kind else { return }
        if status.st_mode & S_IFMT == S_IFLNK {
            let target = (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) ?? ""
            throw TrainingError(
                .usage, "\(path) is a link to \(target.printable()), and a training would change what is there",
                recoverySuggestion: "remove the link, or make a link of the whole folder of --out")
        }
        throw TrainingError(
            .usage,
            "\(path) is not \(kind == S_IFDIR ? "a folder" : "a regular file"), as a run has it under this name",
            recoverySuggestion: "move it away, or choose another --out")
    }

    /// Throws where the folder holds files and is not the folder of a run.
    private func refuseFolderOfOthers() throws(TrainingError) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        let others = names.filter { name in
            !name.hasPrefix(".") && name != "heartbeat" && !Self.logs.contains(where: name.hasSuffix)
        }.sorted()
        guard !others.isEmpty, !FileManager.default.fileExists(atPath: attempt) else { return }
        // A run of an earlier version, or options that were written there for --config.
        if (try? readConfiguration()) != nil { return }
        let shown = others.prefix(3).map { $0.printable(limit: 80) }.joined(separator: ", ")
        let rest = others.count > 3 ? " and \(others.count - 3) more" : ""
        throw TrainingError(
            .usage, "\(path) is not the folder of a run, and holds \(shown)\(rest)",
            recoverySuggestion: "choose another --out, or write a run among these files with --overwrite")
    }
}
