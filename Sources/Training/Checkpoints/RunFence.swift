import Foundation
import Reporting

/// Keeps two processes from writing into one run: a job that a scheduler started again, and its own ghost on a node that
/// was cut off and came back.
///
/// Whoever begins with a run writes the next attempt number into the file `attempt`, together with what tells it from
/// others. It looks there again before each file that it writes: when the file names somebody else, it ends.
final class RunFence: Sendable {
    private let path: String
    private let claim: String
    /// 1 for the first process that works on the run.
    let attempt: Int

    /// Takes over the run in `folder`.
    init(takingOver folder: RunFolder) throws(FileError) {
        path = folder.attempt
        let before = (try? String(contentsOfFile: path, encoding: .utf8))?.split(separator: " ").first
        let previous = before.flatMap { Int($0) } ?? 0
        attempt = previous < Int.max ? max(previous, 0) + 1 : 1
        let identity = UUID().uuidString
        claim = "\(attempt) \(ProcessInfo.processInfo.hostName) \(getpid()) \(identity)\n"
        try AtomicFile.write(claim, to: path)
    }

    /// Throws if another process has taken over the run.
    func verify() throws(FileError) {
        let found: String
        do {
            let file = try OpenFile(path: path, access: .read)
            found = String(decoding: try file.bytes(at: 0, count: 4096), as: UTF8.self)
        }
        guard found != claim else { return }
        let parts = found.split(separator: " ")
        let owner = parts.count > 2 ? "process \(parts[2]) on \(parts[1]) (attempt \(parts[0]))" : "another process"
        throw FileError(
            path: path, operation: .write, reason: "\(owner) has taken over this run",
            advice: "nothing is lost: this process (attempt \(attempt)) ends, the other one goes on")
    }
}
