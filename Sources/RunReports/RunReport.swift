import FileIO
import Foundation
import Mustache

/// A page about trainings, complete in one file: nothing in it is fetched from elsewhere.
///
///     let report = RunReport(folders: ["runs/a", "runs/b"])
///     for problem in report.refused { print(problem) }
///     try report.write(to: "report.html")
public struct RunReport: Sendable {
    /// What is wrong with folders that cannot be shown, one error each.
    public let refused: [RunReportError]
    private let runs: [RecordedRun]
    private let date: Date
    private let title: String?

    /// Reads the folders of runs: finished ones, ones at which a training works, ones that were stopped. Nothing in them
    /// is changed.
    ///
    /// - Parameters:
    ///   - folders: in the order in which they are shown; one that is named twice is shown once.
    ///   - title: of the page; nil: made of models and data sets.
    public init(folders: [String], title: String? = nil) {
        var (runs, refused): ([RecordedRun], [RunReportError]) = ([], [])
        var seen: Set<String> = []
        for folder in folders {
            let path = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
            guard seen.insert(URL(filePath: path).resolvingSymlinksInPath().standardized.path).inserted else {
                continue
            }
            do throws(RunReportError) { runs.append(try RecordedRun(folder: path)) } catch { refused.append(error) }
        }
        (self.runs, self.refused, self.title) = (runs, refused, title)
        date = Date()
    }

    /// How many runs are shown.
    public var count: Int { runs.count }
    /// Whether no folder can be shown.
    public var isEmpty: Bool { runs.isEmpty }

    /// The page in HTML that is well-formed XML too. There must be a run to show.
    public var html: String {
        precondition(!isEmpty, "there is no run to show")
        let page = ReportPage(runs, refused: refused, title: title, date: date)
        return PageTemplate.render(page)
    }

    /// Writes the page. A page that was made before is replaced, any other file is not.
    ///
    /// - Throws: ``RunReportError`` for another file, `FileError` where the page cannot be written.
    public func write(to path: String) throws {
        try Self.refuseOther(path)
        try AtomicFile.write(html, to: path)
    }

    /// Throws where there is a file that is not a page of this kind.
    private static func refuseOther(_ path: String) throws {
        do throws(FileError) {
            let file = try OpenFile(path: path, access: .read)
            let head = String(decoding: try file.bytes(at: 0, count: 1024), as: UTF8.self)
            guard !head.isEmpty, !head.contains(PageTemplate.mark) else { return }
        } catch {
            if error.code == ENOENT { return }
            throw error
        }
        throw RunReportError(
            "\(path.printable()): there is a file that is no report",
            recoverySuggestion: "choose another --out, or remove the file")
    }
}
