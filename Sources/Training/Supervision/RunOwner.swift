import FileIO
import Foundation

/// The process that a claim names: whether it still works on the run.
struct RunOwner {
    /// Seconds without a sign of life after which a process on another machine counts as dead.
    static let silence = 20.0
    /// Seconds for which a process of this machine without a sign of life is waited for: a rank whose launcher was killed
    /// may live on for a moment.
    static let grace = 10.0

    private let claim: RunClaim
    private let path: String
    private let folder: RunFolder

    /// - Parameter path: the file with the claim.
    init(_ claim: RunClaim, at path: String, in folder: RunFolder) {
        self.claim = claim
        self.path = path
        self.folder = folder
    }

    /// What changes with every beat.
    private struct Sign: Equatable {
        let content: String
        let time: Double
    }

    private var hasBegun: Bool { path == folder.attempt }

    /// Throws if the process is at work. Waits where that is not clear.
    ///
    /// - Parameter isWaiting: called from time to time while waiting, once with what is waited for.
    func refuseAtWork(isWaiting: (String?) -> Void) throws {
        guard var sign = self.sign, claim.owner.presence != .gone else { return }
        let begin = ContinuousClock.now
        // A process on another machine may have been silent for long.
        var lastSign = begin - .seconds(claim.owner.presence == .unknown ? try age(of: sign) : 0)
        var signs = 0
        var hasReported = false
        while true {
            let presence = claim.owner.presence
            if presence == .gone { return }
            guard let now = self.sign else { return }
            if now != sign { (sign, lastSign, signs) = (now, .now, signs + 1) }
            let silent = (ContinuousClock.now - lastSign).inSeconds
            let waited = (ContinuousClock.now - begin).inSeconds
            if presence == .unknown && silent >= Self.silence { return }
            // More than one: a process may be about to end.
            if signs > 1 { throw refusal("is at work there", stop: "kill -USR1") }
            if presence == .present && waited >= Self.grace {
                throw refusal("is there, without a sign of life", stop: "kill -KILL")
            }
            isWaiting(
                hasReported || waited < 0.5
                    ? nil : "\(claim.ownerText) worked on \(folder.path): waiting for a sign of life")
            hasReported = hasReported || waited >= 0.5
            Thread.sleep(forTimeInterval: 0.2)
        }
    }

    /// The last sign of life: the heartbeat, and of a process that is just starting, its claim. Nil where it has ended.
    private var sign: Sign? {
        let heartbeat = folder.heartbeat
        if let line = RunHeartbeat.line(in: heartbeat), line.hasPrefix(claim.identity + " ") {
            return Self.time(of: heartbeat).map { Sign(content: line, time: $0) }
        }
        return hasBegun ? nil : Self.time(of: path).map { Sign(content: "", time: $0) }
    }

    /// When a file was last written, in seconds.
    private static func time(of path: String) -> Double? {
        // Opened, so that a file system of several machines looks again.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        let modified = status.st_mtim
        return Double(modified.tv_sec) + Double(modified.tv_nsec) * 1e-9
    }

    /// Seconds since a sign by the clock of the file system, which need not be that of this machine.
    private func age(of sign: Sign) throws(FileError) -> Double {
        let probe = "\(folder.path)/.now-\(UUID().uuidString).incomplete"
        do {
            let file = try OpenFile(path: probe, access: .createNew, reportedPath: folder.path)
            try file.write(Array("now\n".utf8))
            try file.finish()
        }
        defer { unlink(probe) }
        guard let now = Self.time(of: probe) else { return 0 }
        return max(now - sign.time, 0)
    }

    private func refusal(_ what: String, stop: String) -> TrainingError {
        let onHost = claim.owner.process > 0 && claim.owner.host != "-" ? " (\(stop) \(claim.owner.process))" : ""
        return TrainingError(
            .taken, "\(folder.path): \(claim.ownerText) \(what) (attempt \(claim.attempt))",
            recoverySuggestion: "wait for its end, stop it there\(onHost), or choose another --out")
    }
}
