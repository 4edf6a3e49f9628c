/// A file format of interactions. A new format is a new file with a conforming type, and its name in
/// ``InteractionFormats/all``.
protocol InteractionFormat {
    /// As users call it, with its columns, for messages.
    static var summary: String { get }

    /// Whether the folder holds this format, judged by its names and by the first lines of its files.
    static func recognizes(_ folder: DatasetFolder) throws(DatasetError) -> Bool

    /// Reads everything. Called only for a folder that is recognized.
    ///
    /// - Parameter known: users and items that there may be, and their numbers.
    static func read(_ folder: DatasetFolder, _ known: KnownIds) throws(DatasetError) -> SplitInteractions
}

enum InteractionFormats {
    /// In the order in which they are tried.
    static var all: [any InteractionFormat.Type] { [StoreFormat.self, ReChorusFormat.self, ItemPerLineFormat.self] }

    static func read(_ folder: DatasetFolder, _ known: KnownIds) throws(DatasetError) -> SplitInteractions {
        do throws(DatasetError) {
            return try readFirstRecognized(folder, known)
        } catch {
            guard error.kind == .invalid, error.line != nil else { throw error }
            throw ByteSource.damage(path: error.file) ?? error
        }
    }

    private static func readFirstRecognized(
        _ folder: DatasetFolder, _ known: KnownIds
    ) throws(DatasetError) -> SplitInteractions {
        for format in all {
            guard try format.recognizes(folder) else { continue }
            return try format.read(folder, known)
        }
        throw unrecognized(folder)
    }

    static func isRecognized(_ folder: DatasetFolder) throws(DatasetError) -> Bool {
        for format in all {
            if try format.recognizes(folder) { return true }
        }
        return false
    }

    private static func unrecognized(_ folder: DatasetFolder) -> DatasetError {
        let known =
            "known formats:\n" + all.map { "- " + $0.summary }.joined(separator: "\n")
            + "\nother files, and ids that are text, come in with trainer data convert"
        let files = SingleFile.candidates(in: folder)
        guard files.count == 1 else {
            let found = folder.names.isEmpty ? "the folder is empty" : "found " + folder.names.joined(separator: ", ")
            return DatasetError(
                .invalid, file: folder.path, problem: "no data set of a known format: \(found)",
                recoverySuggestion: known)
        }
        do throws(DatasetError) {
            var reader = try LineReader(path: files[0])
            guard let line = try reader.nextNonBlank() else {
                return DatasetError(
                    .invalid, file: files[0], problem: "the file is empty",
                    recoverySuggestion: "an interaction a line is expected")
            }
            return reader.failure("not of a known format: \(line.quoted)", known)
        } catch {
            return error
        }
    }
}

/// Formats that consist of one file: which files of a folder come into question.
enum SingleFile {
    private static let extensions: Set<String> = ["txt", "csv", "tsv", "dat", "data", "inter", "json", "jsonl"]
    private static let documents: Set<String> = ["readme", "license", "licence", "copying", "notice", "checksums"]

    /// Paths, in alphabetical order: text extensions or none, with or without `.gz`, no file that describes the data, and
    /// no folder.
    static func candidates(in folder: DatasetFolder) -> [String] {
        folder.names.filter { name in
            let bare = name.lowercased().hasSuffix(".gz") ? name.dropLast(3) : name[...]
            let parts = bare.split(separator: ".", omittingEmptySubsequences: false).map { $0.lowercased() }
            guard let stem = parts.first, !documents.contains(stem), bare != ItemCatalogue.name,
                !folder.isFolder(name)
            else { return false }
            return parts.count == 1 || extensions.contains(parts[parts.count - 1])
        }.map(folder.path(of:))
    }

    /// The candidates whose first lines satisfy `test`. A file with nothing in it satisfies none.
    static func matching(
        in folder: DatasetFolder, lines: Int, _ test: (UnsafeRawBufferPointer) -> Bool
    ) throws(DatasetError) -> [String] {
        var found: [String] = []
        for path in candidates(in: folder) {
            var reader = try LineReader(path: path)
            var seen = 0
            var fits = true
            while fits, seen < lines, let line = try reader.nextNonBlank() {
                fits = test(line)
                seen += 1
            }
            if fits, seen > 0 { found.append(path) }
        }
        return found
    }

    static func ambiguous(_ paths: [String], in folder: DatasetFolder) -> DatasetError {
        DatasetError(
            .invalid, file: folder.path,
            problem: "several files hold interactions: \(paths.joined(separator: ", "))",
            recoverySuggestion: "leave one of them in the folder")
    }
}
