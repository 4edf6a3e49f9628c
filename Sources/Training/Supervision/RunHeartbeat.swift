import FileIO
import Foundation
import Synchronization

/// The file `heartbeat` of a run: written again every two seconds while a process works on the run and gets on.
///
///     0B1F2A3C-... 37 computing 770
///
/// The identity of the claim in `attempt`, the number of the beat, what rank 0 is at and in which step. It begins before
/// the data set is read. It stops when rank 0 has made no progress for the limit of stalls, and with the process. A
/// process that ends in an orderly way removes the file.
final class RunHeartbeat: Sendable {
    /// Seconds from one beat to the next.
    static let interval = 2.0

    private let path: String
    private let identity: String
    private let progress: RankProgress
    private let limit: Double?
    private let state = Mutex(State.beating)
    private let hasWarned = Atomic(false)

    private enum State { case beating, lost, ended }

    /// Writes the first beat and begins with the others.
    ///
    /// - Parameters:
    ///   - identity: of the claim.
    ///   - progress: of this rank.
    ///   - limit: seconds without progress after which there is no further beat; nil: none.
    init(_ path: String, identity: String, progress: RankProgress, limit: Double?) throws(FileError) {
        self.path = path
        self.identity = identity
        self.progress = progress
        self.limit = limit
        try AtomicFile.write(Self.line(identity, 0, progress), to: path)
        Thread.detachNewThread { self.run() }
    }

    /// Whether another process beats there now.
    var isLost: Bool { state.withLock { $0 == .lost } }

    /// Ends the beats and removes the file, unless it is another's.
    func end() {
        state.withLock { state in
            if state == .beating, Self.identity(in: path) == identity { unlink(path) }
            state = .ended
        }
    }

    private func run() {
        var beat = 0
        var seen = progress.count
        var seenAt = ContinuousClock.now
        while true {
            Thread.sleep(forTimeInterval: Self.interval)
            if progress.count != seen { (seen, seenAt) = (progress.count, .now) }
            let isStill = limit.map { (ContinuousClock.now - seenAt).inSeconds >= $0 } ?? false
            if !isStill { beat += 1 }
            let continues = state.withLock { state in
                guard state == .beating else { return false }
                if !isStill { write(beat, &state) }
                return state == .beating
            }
            guard continues else { return }
        }
    }

    /// Opened anew for each beat: file systems of several machines show a change when the file is closed.
    private func write(_ beat: Int, _ state: inout State) {
        guard Self.identity(in: path) == identity else {
            // Not there, or not to be read, is not yet another's.
            if Self.identity(in: path) != nil { state = .lost }
            return
        }
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return warn(errno) }
        defer { close(descriptor) }
        let line = Array(Self.line(identity, beat, progress).utf8)
        if pwrite(descriptor, line, line.count, 0) != line.count { warn(errno) }
    }

    private func warn(_ code: Int32) {
        guard !hasWarned.exchange(true, ordering: .relaxed) else { return }
        let reason = String(cString: strerror(code))
        FileHandle.standardError.write(Data("warning: \(path): cannot be written: \(reason)\n".utf8))
    }

    /// The line of the file. It has always one length, so that it can be written over.
    private static func line(_ identity: String, _ beat: Int, _ progress: RankProgress) -> String {
        let (activity, step) = progress.latest
        let text = "\(identity) \(beat) \(activity) \(step)"
        return text + String(repeating: " ", count: max(119 - text.utf8.count, 0)) + "\n"
    }

    /// Whose beat a file is; nil where there is none.
    static func identity(in path: String) -> String? { line(in: path)?.split(separator: " ").first.map(String.init) }

    /// What the last beat says; nil where there is none.
    static func line(in path: String) -> String? {
        guard let file = try? OpenFile(path: path, access: .read), let bytes = try? file.bytes(at: 0, count: 256) else {
            return nil
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// How far a rank has got: what its heartbeat tells.
package final class RankProgress: Sendable {
    /// The progress of a rank that starts, in no step yet.
    package init() {}

    private let activity = Atomic(RankActivity.starting.rawValue)
    private let step = Atomic(0)
    private let notes = Atomic(0)

    /// Rises with each note.
    var count: Int { notes.load(ordering: .relaxed) }

    var latest: (activity: RankActivity, step: Int) {
        (RankActivity(rawValue: activity.load(ordering: .relaxed)) ?? .starting, step.load(ordering: .relaxed))
    }

    func note(_ activity: RankActivity, step: Int) {
        self.activity.store(activity.rawValue, ordering: .relaxed)
        self.step.store(step, ordering: .relaxed)
        notes.wrappingAdd(1, ordering: .relaxed)
    }
}
