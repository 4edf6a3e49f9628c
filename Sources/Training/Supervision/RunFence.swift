import FileIO
import Foundation
import Synchronization

/// Keeps two processes from writing into one run: a second command for it, a job that a scheduler started again, or its
/// own ghost on a node that was cut off and came back.
///
/// A process claims the run before it changes anything there: it makes a file `.attempt-N` that no other may make, after it
/// has seen that nobody is at work (``RunOwner``). The file becomes `attempt` when the process begins to write. It looks
/// there again before each file that it writes: when somebody else has claimed the run, it ends.
package final class RunFence: Sendable {
    private let folder: RunFolder
    private let claim: RunClaim
    private let heartbeat: RunHeartbeat
    /// Those that were made for the run, the outer ones first.
    private let madeFolders: [String]
    private let state: Mutex<State>

    private enum State { case claimed, working, released }

    /// 1 for the first process that works on the run.
    package var attempt: Int { claim.attempt }

    /// Claims the run in `folder`, which is made where it is missing, and begins with the heartbeat.
    ///
    /// Waits where it is not clear whether the process before still works, for ``RunOwner/silence`` seconds at most.
    ///
    /// - Parameters:
    ///   - progress: of this rank.
    ///   - stallLimit: seconds without progress after which the heartbeat stops; nil: none.
    ///   - isWaiting: called from time to time while waiting, once with what is waited for.
    /// - Throws: ``TrainingError`` of the kind `taken` where another process works on the run.
    package init(
        claiming folder: RunFolder, progress: RankProgress = RankProgress(), stallLimit: Double? = nil,
        isWaiting: (String?) -> Void = { _ in }
    ) throws {
        self.folder = folder
        state = Mutex(.claimed)
        var made = try RunFolder.makeFolder(folder.path)
        var claim: RunClaim?
        do {
            let own = try Self.makeClaim(in: folder, &made) { other, path in
                try RunOwner(other, at: path, in: folder).refuseAtWork(isWaiting: isWaiting)
            }
            claim = own
            self.claim = own
            heartbeat = try RunHeartbeat(
                folder.heartbeat, identity: own.identity, progress: progress, limit: stallLimit)
        } catch {
            if let claim { unlink(folder.claim(claim.attempt)) }
            Self.remove(made)
            throw error
        }
        madeFolders = made
    }

    /// Makes the next claim, the only one of its number.
    ///
    /// - Parameters:
    ///   - made: folders that were made for the run; those that have to be made again join them.
    ///   - refuseAtWork: called with each claim that is there; throws if its owner works.
    private static func makeClaim(
        in folder: RunFolder, _ made: inout [String], refuseAtWork: (RunClaim, String) throws -> Void
    ) throws -> RunClaim {
        while true {
            let current = try RunClaim.read(folder.attempt)
            let confirmed = current?.attempt ?? 0
            if let current { try refuseAtWork(current, folder.attempt) }
            // Of processes that are starting, or died while they did.
            let begun = folder.claims.filter { $0 > confirmed }
            for attempt in begun {
                let path = folder.claim(attempt)
                if let other = try RunClaim.readWhole(path) { try refuseAtWork(other, path) }
            }
            let claim = RunClaim(attempt: max(confirmed, begun.max() ?? 0) + 1)
            let path = folder.claim(claim.attempt)
            do throws(FileError) { try claim.write(newFile: path, reportedPath: folder.attempt) } catch {
                // Another process was faster.
                if error.code == EEXIST { continue }
                guard error.code == ENOENT else { throw error }
                // The one that had made the folder let go of it, and took it away.
                made = try RunFolder.makeFolder(folder.path)
                continue
            }
            // One that was slow between its look and its claim must not go behind a later attempt.
            if try RunClaim.read(folder.attempt)?.attempt ?? 0 < claim.attempt { return claim }
            unlink(path)
        }
    }

    /// Says that this process begins to write; from then on the claim is in `attempt`.
    package func begin() throws {
        guard state.withLock({ $0 == .claimed }) else { return try verify() }
        try verify()
        guard rename(folder.claim(claim.attempt), folder.attempt) == 0 else {
            throw FileError(path: folder.attempt, operation: .replace, code: errno)
        }
        state.withLock { $0 = .working }
        for attempt in folder.claims where attempt < claim.attempt { unlink(folder.claim(attempt)) }
    }

    /// Throws if another process has taken over the run.
    package func verify() throws {
        let latest = try RunClaim.read(folder.attempt)
        if state.withLock({ $0 == .working }) {
            guard let latest else { throw FileError(path: folder.attempt, operation: .open, code: ENOENT) }
            guard latest.identity == claim.identity else { throw lost(to: latest) }
        } else {
            let own = try RunClaim.read(folder.claim(claim.attempt))
            guard own?.identity == claim.identity, latest?.attempt ?? 0 < claim.attempt else {
                throw lost(to: latest)
            }
        }
    }

    /// Throws if another process was seen at work on the run: cheap enough for every step.
    func verifyQuickly() throws { if heartbeat.isLost { try verify() } }

    /// Lets go of the run: the next process need not find out whether this one is still there.
    package func release() {
        guard
            let last = state.withLock({ state -> State? in
                defer { state = .released }
                return state == .released ? nil : state
            })
        else { return }
        heartbeat.end()
        guard last == .claimed else { return }
        let path = folder.claim(claim.attempt)
        if (try? RunClaim.read(path))?.identity == claim.identity { unlink(path) }
        Self.remove(madeFolders)
    }

    /// Removes folders as far as they are empty.
    private static func remove(_ folders: [String]) { for folder in folders.reversed() { rmdir(folder) } }

    deinit { release() }

    private func lost(to other: RunClaim?) -> TrainingError {
        let owner = other.map { "\($0.ownerText) (attempt \($0.attempt))" } ?? "another process"
        return TrainingError(
            .taken, "\(folder.path): \(owner) has taken over this run",
            recoverySuggestion:
                "this process (attempt \(attempt)) ends, the other one resumes from the last checkpoint that it found")
    }
}
