import Glibc
import Interactions

extension Conversion {
    /// Converts files, or the folder of a data set.
    ///
    /// - Parameters:
    ///   - files: parts of one log, in the order in which they are read; or one folder.
    ///   - name: of the data set.
    public init(
        of files: [String], name: String, log: LogOptions, options: ConversionOptions
    ) throws(DatasetError) {
        guard files.contains(where: Self.isFolder) else {
            try self.init(files: files, name: name, log: log, options: options)
            return
        }
        guard files.count == 1 else {
            throw DatasetError(
                .configuration, file: files.joined(separator: ", "), problem: "a folder stands beside other files",
                recoverySuggestion: "name files, or one folder of a data set")
        }
        try self.init(folder: files[0], name: name, log: log, options: options)
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Converts a data set with the split that it has, or the events of its files with another one.
    private init(
        folder: String, name: String, log: LogOptions, options: ConversionOptions
    ) throws(DatasetError) {
        var rest = options
        rest.split = nil
        if options.split == nil || options.split == .given {
            guard rest == ConversionOptions() else {
                throw DatasetError(
                    .configuration, file: folder,
                    problem: "the split of the folder is kept, and no filter can change it",
                    recoverySuggestion:
                        "leave the filters out, or split anew with --split leave-one-out, temporal or users")
            }
            self.init(try InteractionDataset.load(folder: folder), folder: folder)
            return
        }
        let files = try DatasetFolder(path: folder)
        var parts: [String] = []
        for part in ["train.csv", "dev.csv", "test.csv"] {
            if let path = try files.file(part) { parts.append(path) }
        }
        guard parts.count == 3 else {
            throw DatasetError(
                .configuration, file: folder, problem: "there is no train.csv, dev.csv and test.csv to split anew",
                recoverySuggestion: "name the files in the folder")
        }
        try self.init(files: parts, name: name, log: log, options: options)
    }
}
