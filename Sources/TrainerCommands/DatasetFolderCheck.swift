import Training

/// The folder that a command writes a data set into.
enum DatasetFolderCheck {
    /// Refuses a folder for a data set that no data set can be in.
    static func requireDataFolder(_ path: String) throws(CommandError) {
        guard path != "-" else {
            throw CommandError("--out is -, and a data set is a folder of files\nname a folder")
        }
        guard !RunFolder(path).isOfRun else {
            throw CommandError("--out: \(path) is the folder of a run\nchoose another folder")
        }
    }
}
