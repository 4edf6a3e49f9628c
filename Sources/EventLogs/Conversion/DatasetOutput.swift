import FileIO
import Glibc
import Interactions

/// The folder that a converted data set goes to, with the report of the conversion.
public struct DatasetOutput: Sendable {
    /// The name of the report.
    public static let reportName = "conversion.json"

    /// The path as the user named it.
    public let folder: String
    private let isText: Bool
    private let replacing: Bool

    /// - Parameters:
    ///   - isText: the files of ReChorus, instead of the binary store.
    ///   - replacing: whether a data set that is there may be replaced.
    public init(folder: String, isText: Bool, replacing: Bool) {
        self.folder = folder
        self.isText = isText
        self.replacing = replacing
    }

    /// The name of the data set: the last part of the path.
    public var name: String {
        folder.split(separator: "/").last.map(String.init) ?? folder
    }

    /// Refuses a folder that cannot be used, before all work.
    public func requireRoom() throws(DatasetError) {
        var status = stat()
        guard stat(folder, &status) == 0 else { return }
        let files = try DatasetFolder(path: folder)
        guard !replacing, try files.holdsDataset else { return }
        throw DatasetError(
            .configuration, file: folder, problem: "the folder already holds a data set",
            recoverySuggestion: "choose another folder, or replace the data set with --replace")
    }

    /// Writes a data set. It appears complete or not at all, and its report after it.
    public func write(_ dataset: InteractionDataset, report: String) throws(DatasetError) {
        try requireRoom()
        let made = try asDatasetError { () throws(FileError) in
            try Folder.create(folder, advice: "choose another folder")
        }
        do throws(DatasetError) {
            try writeData(dataset, report)
        } catch {
            // What has something in it stays.
            for folder in made.reversed() { rmdir(folder) }
            throw error
        }
        try asDatasetError { () throws(FileError) in
            try AtomicFile.write(report, to: folder + "/" + Self.reportName)
        }
    }

    private func writeData(_ dataset: InteractionDataset, _ report: String) throws(DatasetError) {
        guard !isText else { return try dataset.write(to: folder, replacing: replacing) }
        try InteractionStore.write(dataset, to: folder + "/" + InteractionStore.fileName, provenance: report)
        // The store is read before files of text; what it replaces need not stay.
        guard replacing else { return }
        for name in ["train.csv", "dev.csv", "test.csv", "item_meta.csv"] {
            for end in ["", ".gz"] { unlink("\(folder)/\(name)\(end)") }
        }
    }
}
