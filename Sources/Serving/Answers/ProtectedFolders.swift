import FileIO
import Glibc
import Training

/// Folders whose files a command that writes answers or vectors must leave alone.
enum ProtectedFolders {
    private static let ofData = ["interactions.facet", "train.csv", "train.csv.gz"]

    /// Refuses to write into the folder of a run or of a data set.
    ///
    /// - Parameter folder: that gets the files; empty: the current one.
    static func refuse(_ folder: String, option: String = "--out") throws(ServingError) {
        let folder = folder.isEmpty ? "." : folder
        func exists(_ name: String) -> Bool { access(folder + "/" + name, F_OK) == 0 }
        let isRun = RunFolder(folder).isOfRun
        guard isRun || ofData.contains(where: exists) else { return }
        throw ServingError(
            .usage, "\(option): \(folder) is the folder of a \(isRun ? "run" : "data set")",
            recoverySuggestion: "choose another folder")
    }

    /// Refuses to write a file into the folder of a run or of a data set.
    static func refuse(file: String) throws(ServingError) {
        let parts = file.split(separator: "/", omittingEmptySubsequences: false)
        let folder = parts.dropLast().joined(separator: "/")
        try refuse(parts.count == 2 && parts[0].isEmpty ? "/" : folder)
    }
}
