import FileIO
import Foundation

/// Whether others work on runs, as far as can be seen without waiting: for somebody who looks for work among many runs.
///
/// Who finds a run free claims it with ``RunFence``, which is certain.
package struct RunWatch {
    /// The last beat of a run, and when it was seen first.
    private var beats: [String: (line: String, since: ContinuousClock.Instant)] = [:]

    /// Nothing has been seen yet.
    package init() {}

    /// Whether a process seems to work on the run in a folder: one of this machine as long as it is there, one of another
    /// machine as long as its heartbeat changes within ``RunOwner/silence`` seconds.
    package mutating func isAtWork(_ folder: RunFolder) -> Bool {
        let paths = folder.claims.map(folder.claim) + [folder.attempt]
        let claims = paths.compactMap { path in (try? RunClaim.read(path)).flatMap { claim in claim.map { (path, $0) } }
        }
        for (path, claim) in claims {
            let hasBegun = path == folder.attempt
            let presence = claim.owner.presence
            if presence == .gone { continue }
            if presence == .present, !hasBegun { return true }
            let line = RunHeartbeat.line(in: folder.heartbeat).flatMap { $0.hasPrefix(claim.identity + " ") ? $0 : nil }
            // Whoever has begun and has no heartbeat any more has ended; the others are about to begin.
            if hasBegun, line == nil { continue }
            if isNew(line ?? "", of: path) { return true }
        }
        return false
    }

    /// Whether a beat is another than before, or has not been the same for long.
    private mutating func isNew(_ line: String, of path: String) -> Bool {
        if beats[path]?.line != line { beats[path] = (line, .now) }
        guard let since = beats[path]?.since else { return true }
        return (ContinuousClock.now - since).inSeconds < RunOwner.silence
    }
}
