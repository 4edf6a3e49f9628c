import Foundation
import Testing

/// The real data sets, which are not part of the repository.
enum PublishedData {
    /// `FACET_DATA`, or `shared/data` beside the package.
    static let root: String = {
        if let root = ProcessInfo.processInfo.environment["FACET_DATA"] { return root }
        var package = URL(filePath: #filePath)
        for _ in 0..<3 { package.deleteLastPathComponent() }
        return package.deletingLastPathComponent().appending(path: "shared/data").path
    }()

    /// The folder of a data set; nil, with a printed reason, when it is not there.
    static func folder(_ name: String) -> String? {
        let path = root + "/" + name
        guard FileManager.default.fileExists(atPath: path) else {
            print("skipped: \(path) does not exist; set FACET_DATA to the folder that holds \(name)")
            return nil
        }
        return path
    }
}
