import FileIO
import Foundation

/// How far the training in a folder has come, by what lies there.
package enum RunProgress: Sendable, Equatable {
    /// There is a result.
    case finished
    /// A process works on it and showed a sign of life; what it is at: `computes the gradients of step 770`. Empty where
    /// the sign does not tell.
    case working(String)
    /// Nobody works on it. It can be resumed from the checkpoint after a step; nil: there is none.
    case stopped(step: Int?)
}

extension RunFolder {
    /// How far the training here has come; nothing is waited for or changed.
    package var progress: RunProgress {
        if let activity = activityAtWork { return .working(activity) }
        if FileManager.default.fileExists(atPath: result) { return .finished }
        return .stopped(step: checkpoints.steps.last)
    }

    /// What the process that works here is at; nil where none does.
    private var activityAtWork: String? {
        guard let line = RunHeartbeat.line(in: heartbeat), let claim = (try? RunClaim.read(attempt)) ?? nil,
            line.hasPrefix(claim.identity + " ")
        else { return nil }
        switch claim.owner.presence {
        case .gone: return nil
        case .present: break
        case .unknown:
            // A process of another machine is known by its beats alone.
            guard
                let written = try? FileManager.default.attributesOfItem(atPath: heartbeat)[.modificationDate] as? Date,
                Date().timeIntervalSince(written) < RunOwner.silence
            else { return nil }
        }
        let words = line.split(whereSeparator: \.isWhitespace)
        guard words.count == 4, let step = Int(words[3]), let activity = RankActivity(named: String(words[2])) else {
            return ""
        }
        return activity.text(step: step)
    }
}

extension RankActivity {
    /// The one that a heartbeat calls so.
    fileprivate init?(named name: String) {
        let all: [RankActivity] = [.starting, .readingData, .computing, .exchanging, .evaluating, .writing]
        guard let found = all.first(where: { "\($0)" == name }) else { return nil }
        self = found
    }
}
