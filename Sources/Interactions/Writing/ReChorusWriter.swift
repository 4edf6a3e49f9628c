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
                recoverySuggestion: "write a binary store instead (trainer data convert)")
        }
        try DatasetFolder.create(folder)
        let files = try DatasetFolder(path: folder)
        let holdsData = try InteractionFormats.isRecognised(files)
        guard replacing || !holdsData else {
            throw DatasetError(
                .configuration, file: folder, problem: "the folder already holds a data set",
                recoverySuggestion: "choose another folder, or replace the data set with --replace")
        }
        var drafts = Drafts(
            train: try draft(train, "train.csv", in: files), dev: try draft(dev, "dev.csv", in: files),
            test: try draft(test, "test.csv", in: files))
        if let groundTruth {
            var draft = try FileDraft(folder: files.path, name: Self.groundTruthName)
            try draft.write(groundTruth)
            try draft.finish()
            try Self.remove(["train.csv"], in: files)
            try draft.publish()
        } else {
            try Self.remove(["train.csv", Self.groundTruthName], in: files)
        }
        // Everything that belonged to the old data set and would be read together with the new one.
        try Self.remove(
            [
                "train.csv.gz", "dev.csv.gz", "test.csv.gz", "item_meta.csv", "item_meta.csv.gz",
                InteractionStore.fileName,
            ], in: files)
        try drafts.test.publish()
        try drafts.dev.publish()
        try drafts.train.publish()
    }

    static let groundTruthName = "ground_truth.json"

    private struct Drafts: ~Copyable {
        var train: FileDraft
        var dev: FileDraft
        var test: FileDraft
    }

    private func draft(
        _ table: InteractionTable, _ name: String, in folder: DatasetFolder
    ) throws(DatasetError) -> FileDraft {
        var draft = try FileDraft(folder: folder.path, name: name)
        let width = table.negativesPerRow ?? 0
        try draft.write(width > 0 ? "user_id\titem_id\ttime\tneg_items\n" : "user_id\titem_id\ttime\n")
        for row in 0..<table.count {
            var line = "\(userIds.id(of: table.users[row]))\t\(itemIds.id(of: table.items[row]))\t\(table.times[row])"
            if width > 0 {
                line += "\t["
                for column in 0..<width {
                    line += (column > 0 ? ", " : "") + String(itemIds.id(of: table.negatives[row * width + column]))
                }
                line += "]"
            }
            try draft.write(line + "\n")
        }
        try draft.finish()
        return draft
    }

    private static func remove(_ names: [String], in folder: DatasetFolder) throws(DatasetError) {
        for name in names where folder.names.contains(name) {
            guard unlink(folder.path(of: name)) == 0 || errno == ENOENT else {
                throw FileSource.failure(folder.path(of: name), "cannot be replaced")
            }
        }
    }
}
