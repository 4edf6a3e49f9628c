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

    static func folder(_ name: String) -> String { root + "/" + name }

    /// Skips a test, and says why, when a data set is not there.
    static func needed(_ name: String) -> ConditionTrait {
        .enabled(
            if: FileManager.default.fileExists(atPath: folder(name)),
            "\(name) is not in \(root); set FACET_DATA to the folder that holds it")
    }
}
