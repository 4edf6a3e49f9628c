/// How the sequences of users are cut into windows, whose positions are all trained at once.
///
/// The train interactions of a user that have a history are the targets. From the newest one back, every ``stride`` of
/// them belong to a window, which begins with as many older items as the history keeps. So each target is trained once an
/// epoch, and the shorter the stride, the more history the targets at the beginning of a window have: a stride of 1 gives
/// each of them all of its history.
public struct WindowRule: Sendable, Equatable {
    /// The most rows of a window, of which each can have a target.
    public let historyMax: Int
    /// Targets of a window, from 1 to ``historyMax``; the oldest window of a user has the rest.
    public let stride: Int
    /// Whether only the newest window of each user is trained.
    public let takesNewestOnly: Bool

    /// - Parameters:
    ///   - historyMax: the most rows of a window.
    ///   - stride: targets between the ends of two windows, from 1 to `historyMax`; 0: a user has the newest window alone,
    ///     of `historyMax` targets.
    public init(historyMax: Int, stride: Int) {
        precondition(historyMax > 0 && (0...historyMax).contains(stride), "a stride is at most as long as a window")
        self.historyMax = historyMax
        self.stride = stride > 0 ? stride : historyMax
        takesNewestOnly = stride == 0
    }

    /// The windows of a user with so many targets.
    func count(ofTargets targets: Int) -> Int {
        takesNewestOnly ? min(targets, 1) : (targets + stride - 1) / stride
    }
}

/// The windows of one logical shard.
struct ShardWindows {
    /// A window: its rows and its first target as positions in the sequence of a user.
    struct Window: BitwiseCopyable {
        let local: Int32
        /// The newest items before the targets.
        let start: Int32
        /// The position of the last target, behind the last row.
        let end: Int32
        /// The position of the first target.
        let firstTarget: Int32
    }

    /// By user, the newest window of each first.
    let windows: [Window]

    init(store: SequenceStore, shard: Int, rule: WindowRule) {
        var windows: [Window] = []
        var targets: [Int32] = []
        for local in store.localUsers(of: shard) {
            let start = store.offsets[local]
            targets.removeAll(keepingCapacity: true)
            for slot in (start..<store.offsets[local + 1]).dropFirst() where store.splits[slot] == Split.train.rawValue
            {
                targets.append(Int32(slot - start))
            }
            var upper = targets.count
            for _ in 0..<rule.count(ofTargets: targets.count) {
                let lower = max(upper - rule.stride, 0)
                let end = targets[upper - 1]
                let first = max(end - Int32(rule.historyMax), 0)
                // Where dev or test rows lie between those of train, the oldest targets can be too far away.
                windows.append(
                    Window(
                        local: Int32(local), start: first, end: end, firstTarget: max(targets[lower], first + 1)))
                upper = lower
            }
        }
        self.windows = windows
    }
}
