import FileIO
import Glibc

extension InteractionDataset {
    /// Writes `train.csv`, `dev.csv` and `test.csv` in the format of ReChorus.
    ///
    /// All files are complete before the first gets its name, and `train.csv` gets its name last: a folder that was
    /// left half-written is never taken for a data set.
    /// - Parameter replacing: whether a data set that the folder already holds may be replaced.
    public func write(to folder: String, replacing: Bool = false) throws(DatasetError) {
        try ReChorusWriter(userIds: userIds, itemIds: itemIds).write(
            train: train, dev: dev, test: test, groundTruth: nil, to: folder, replacing: replacing)
    }
}

struct ReChorusWriter {
    /// What the numbers of the tables stand for.
    let userIds: Vocabulary
    let itemIds: Vocabulary

    func write(
        train: InteractionTable, dev: InteractionTable, test: InteractionTable, groundTruth: String?,
        to folder: String, replacing: Bool
    ) throws(DatasetError) {
        guard userIds.names == nil, itemIds.names == nil else {
            throw DatasetError(
                .configuration, file: folder, problem: "the ids are text, and files of ReChorus hold whole numbers",
                recoverySuggestion: "choose --format store of trainer data convert, which holds ids of any text")
        }
        try asDatasetError { () throws(FileError) in
            try Folder.create(folder, advice: "choose another folder")
            return ()
        }
        let files = try DatasetFolder(path: folder)
        let holdsData = try InteractionFormats.isRecognized(files)
        guard replacing || !holdsData else {
            throw DatasetError(
                .configuration, file: folder, problem: "the folder already holds a data set",
                recoverySuggestion: "choose another folder, or replace the data set with --replace")
        }
        try asDatasetError { () throws(FileError) in
            try write(train: train, dev: dev, test: test, groundTruth: groundTruth, to: files)
        }
    }

    private func write(
        train: InteractionTable, dev: InteractionTable, test: InteractionTable, groundTruth: String?,
        to folder: DatasetFolder
    ) throws(FileError) {
        let trainFile = try file(train, "train.csv", in: folder)
        let devFile = try file(dev, "dev.csv", in: folder)
        let testFile = try file(test, "test.csv", in: folder)
        if let groundTruth {
            let file = try AtomicFile(replacing: folder.path(of: Self.groundTruthName))
            try file.write(groundTruth)
            try file.synchronize()
            try Self.remove(["train.csv"], in: folder)
            try file.commit()
        } else {
            try Self.remove(["train.csv", Self.groundTruthName], in: folder)
        }
        // Everything that belonged to the old data set and would be read together with the new one.
        try Self.remove(
            [
                "train.csv.gz", "dev.csv.gz", "test.csv.gz", "item_meta.csv", "item_meta.csv.gz",
                InteractionStore.fileName,
            ], in: folder)
        try testFile.commit()
        try devFile.commit()
        try trainFile.commit()
    }

    static let groundTruthName = "ground_truth.json"

    /// Bytes that are handed to the system at a time.
    private static let pieceSize = 1 << 20

    /// A table as a file that has its content and not yet its name.
    private func file(
        _ table: InteractionTable, _ name: String, in folder: DatasetFolder
    ) throws(FileError) -> AtomicFile {
        let file = try AtomicFile(replacing: folder.path(of: name))
        let width = table.negativesPerRow ?? 0
        var piece = Array((width > 0 ? "user_id\titem_id\ttime\tneg_items\n" : "user_id\titem_id\ttime\n").utf8)
        for row in 0..<table.count {
            var line = "\(userIds.id(of: table.users[row]))\t\(itemIds.id(of: table.items[row]))\t\(table.times[row])"
            if width > 0 {
                line += "\t["
                for column in 0..<width {
                    line += (column > 0 ? ", " : "") + String(itemIds.id(of: table.negatives[row * width + column]))
                }
                line += "]"
            }
            piece += line.utf8
            piece.append(UInt8(ascii: "\n"))
            guard piece.count >= Self.pieceSize else { continue }
            try file.write(piece)
            piece.removeAll(keepingCapacity: true)
        }
        try file.write(piece)
        try file.synchronize()
        return file
    }

    private static func remove(_ names: [String], in folder: DatasetFolder) throws(FileError) {
        for name in names where folder.names.contains(name) {
            let path = folder.path(of: name)
            guard unlink(path) == 0 || errno == ENOENT else {
                throw FileError(path: path, operation: .replace, code: errno)
            }
        }
    }
}
