import FileIO
import Foundation
import Options
import Training

extension RecordedRun {
    /// More bytes than any of the files has.
    private static let largestSize = 1 << 28

    /// Reads the folder of a run, finished or not; nothing in it is changed.
    init(folder path: String) throws(RunReportError) {
        let folder = RunFolder(path)
        try Self.requireRun(folder)
        self.path = path
        do {
            options = TrainingConfiguration.storedOptions(try OptionText(contentsOf: folder.configuration))
        } catch let error as OptionError {
            throw RunReportError(
                error.message(path: folder.configuration),
                recoverySuggestion: "restore the file that the training wrote, or leave the run out")
        } catch {
            throw RunReportError(
                "\(folder.configuration.printable()): it cannot be read",
                recoverySuggestion: "look at its permissions, or leave the run out")
        }
        // Before the files that a running training still writes: what is finished then is finished in them too.
        progress = folder.progress
        epochs = try Self.epochs(in: folder.metrics)
        let pretrain = folder.pretrain
        epochsBefore =
            FileManager.default.fileExists(atPath: pretrain.metrics) ? try Self.epochs(in: pretrain.metrics) : []
        result = try Self.result(in: folder.result)
        guard epochs.isEmpty, result == nil, case .stopped = progress else { return }
        throw RunReportError(
            "\(path.printable()): the training stopped before the end of its first epoch",
            recoverySuggestion: "resume it (trainer train --resume), or leave the run out")
    }

    private static func requireRun(_ folder: RunFolder) throws(RunReportError) {
        let path = folder.path.printable()
        guard Folder.exists(folder.path) else {
            let isFile = FileManager.default.fileExists(atPath: folder.path)
            throw RunReportError(
                "\(path): \(isFile ? "it is no folder" : "there is no such folder")",
                recoverySuggestion: "name the folders of runs: the --out of trainer train")
        }
        guard !FileManager.default.fileExists(atPath: folder.configuration) else { return }
        let inside = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        let holdsRuns = inside.contains {
            FileManager.default.fileExists(atPath: RunFolder(folder.path + "/" + $0).configuration)
        }
        throw RunReportError(
            "\(path) is not the folder of a run: there is no config.yaml in it",
            recoverySuggestion: holdsRuns
                ? "name the runs that lie in it: \(path)/*" : "name the folders that trainer train wrote with --out")
    }

    private static func bytes(of path: String) throws(RunReportError) -> [UInt8]? {
        do throws(FileError) {
            let file = try OpenFile(path: path, access: .read)
            let size = try file.size()
            guard size <= largestSize else {
                throw FileError(
                    path: path, operation: .read, reason: "\(size) bytes are too many", advice: "leave the run out")
            }
            return try file.bytes(at: 0, count: size)
        } catch {
            if error.code == ENOENT { return nil }
            throw RunReportError(
                "\(path.printable()): \(error.operation.rawValue): \(error.reason)", recoverySuggestion: error.advice)
        }
    }

    /// The complete lines of a file of metrics: a training that was killed may have left half of one at the end.
    private static func epochs(in path: String) throws(RunReportError) -> [RecordedEpoch] {
        let lines = (try bytes(of: path) ?? []).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        var epochs: [RecordedEpoch] = []
        for (index, line) in lines.dropLast().enumerated() {
            guard let value = try? JSONValue(parsing: Array(line)), let epoch = RecordedEpoch(value),
                epoch.epoch > epochs.last?.epoch ?? 0
            else {
                throw RunReportError(
                    "\(path.printable()):\(index + 1): it is not the line of the next epoch",
                    recoverySuggestion: "restore the file that the training wrote, or leave the run out")
            }
            epochs.append(epoch)
        }
        return epochs
    }

    private static func result(in path: String) throws(RunReportError) -> JSONValue? {
        guard let bytes = try bytes(of: path) else { return nil }
        let suggestion = "restore the file that the training wrote, or leave the run out"
        do throws(JSONError) {
            let value = try JSONValue(parsing: bytes)
            guard value["model"] != nil, value["data"] != nil else {
                throw JSONError(offset: 0, reason: "it is not the result of a training")
            }
            return value
        } catch {
            throw RunReportError("\(path.printable()): \(error)", recoverySuggestion: suggestion)
        }
    }
}
