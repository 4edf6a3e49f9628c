import FileIO
import Foundation

extension RunFolder {
    /// Reads and checks `config.yaml`, with a data root that is found from the current folder.
    ///
    /// A run keeps the data root and its own folder as the command line had them, relative to the folder that the
    /// training was started in. That one is known by where the run lies now, so a run is found from everywhere, and a
    /// run that is moved together with its data too.
    ///
    /// - Parameter option: the option that named the folder, for the message.
    public func readConfigurationFromHere(namedBy option: String) throws -> TrainingConfiguration {
        var configuration = try readConfiguration(namedBy: option)
        guard let start = startFolder(of: configuration), !configuration.dataRoot.hasPrefix("/") else {
            return configuration
        }
        let here = URL(filePath: ".").standardizedFileURL.path
        let root = start == "/" ? "/" + configuration.dataRoot : start + "/" + configuration.dataRoot
        guard start != here, Folder.exists(root + "/" + configuration.dataset) else { return configuration }
        configuration.dataRoot = root
        return configuration
    }

    /// The folder that the training was started in; nil where the path of the run does not tell it.
    private func startFolder(of configuration: TrainingConfiguration) -> String? {
        let output = configuration.output.split(separator: "/").filter { $0 != "." }
        guard !configuration.output.hasPrefix("/"), !output.contains("..") else { return nil }
        let own = URL(filePath: path).standardizedFileURL.path.split(separator: "/")
        guard own.count >= output.count, own.suffix(output.count).elementsEqual(output) else { return nil }
        return "/" + own.dropLast(output.count).joined(separator: "/")
    }
}
