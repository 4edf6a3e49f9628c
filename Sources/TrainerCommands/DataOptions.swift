import ArgumentParser
import Foundation

/// Which data set.
struct DataOptions: ParsableArguments {
    @Option(name: .field("data-root"), help: .field("data-root"), completion: .directory)
    var dataRoot: String?

    @Option(help: .field("dataset"))
    var dataset: String?

    @Option(
        help: ArgumentHelp(
            "Data root if it holds the data set (as in ReChorus), otherwise the run's folder (as in BaM).",
            visibility: .hidden))
    var path: String?

    static let standardRoot = "data"

    /// Whether `--path` names a data root.
    var pathIsRoot: Bool {
        guard let path, let dataset else { return false }
        return Self.isRoot(path, of: dataset)
    }

    var root: String { dataRoot ?? (pathIsRoot ? path : nil) ?? Self.standardRoot }

    /// Whether `path` holds a folder of the data set's name.
    static func isRoot(_ path: String, of dataset: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path + "/" + dataset, isDirectory: &isFolder)
            && isFolder.boolValue
    }
}
