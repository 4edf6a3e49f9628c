import Foundation
import MPI
import Reporting
import Synchronization

/// What a rank is at.
enum RankActivity: Int, Sendable {
    case starting, readingData, computing, exchanging, evaluating, writing

    /// As the end of a sentence that begins with the rank.
    func text(step: Int) -> String {
        switch self {
        case .starting: "is starting"
        case .readingData: "reads the data set"
        case .computing: "computes the gradients of step \(step)"
        case .exchanging: "waits in the exchange of step \(step)"
        case .evaluating: "evaluates after step \(step)"
        case .writing: "writes files after step \(step)"
        }
    }
}

/// Tells which rank waits where when a training does not get on, and ends it after a limit.
///
/// MPI waits for ever for a rank that hangs or was stopped. So the ranks of a node note what they are at in memory that
/// they share, and a thread of each looks whether anything changes. The lowest rank whose thread still runs speaks for
/// its node.
public final class StallDetector {
    private let node: Communicator
    private var window: SharedWindow<Int>?
    private let entries: UnsafeMutablePointer<Atomic<Int>>
    private let watch: StallWatch?
    private let offset: Int
    /// How far this rank has got.
    let progress = RankProgress()

    /// Collective.
    ///
    /// - Parameters:
    ///   - limit: seconds without any progress after which the training is ended, and after a tenth of which it is
    ///     reported; nil: neither. One rank alone is not watched.
    public init(limit: Double?, world: Communicator) throws(MPIError) {
        node = try world.splitBySharedMemory()
        offset = node.rank * StallWatch.width
        let worldRanks = try node.allGather(world.rank)
        let window = try SharedWindow<Int>(count: node.rank == 0 ? node.size * StallWatch.width : 0, on: node)
        let memory = UnsafeMutableRawPointer(window.segment(of: 0).baseAddress!)
        entries = memory.assumingMemoryBound(to: Atomic<Int>.self)
        if node.rank == 0 {
            for index in 0..<node.size * StallWatch.width { (entries + index).initialize(to: Atomic(0)) }
        }
        try window.synchronizeAll()
        self.window = consume window
        entries[offset + StallWatch.process].store(Int(getpid()), ordering: .relaxed)
        guard let limit, world.size > 1 else {
            watch = nil
            return
        }
        let watch = StallWatch(entries, ranks: worldRanks, own: node.rank, limit: limit)
        self.watch = watch
        Thread.detachNewThread { watch.run() }
    }

    /// Notes what this rank is at; calling it is progress.
    func note(_ activity: RankActivity, step: Int) {
        entries[offset + StallWatch.activity].store(activity.rawValue, ordering: .relaxed)
        entries[offset + StallWatch.step].store(step, ordering: .relaxed)
        entries[offset + StallWatch.beat].wrappingAdd(1, ordering: .relaxed)
        progress.note(activity, step: step)
    }

    /// Ends the watching and gives the shared memory back. Collective.
    public func close() throws(MPIError) {
        watch?.end()
        if let window = window.take() { try window.free() }
    }
}

/// The thread that watches the ranks of a node.
final class StallWatch: @unchecked Sendable {
    // What an entry holds, in numbers of eight bytes; entries are two cache lines apart.
    static let width = 16
    static let beat = 0
    static let activity = 1
    static let step = 2
    static let process = 3
    static let tick = 4

    private let entries: UnsafeMutablePointer<Atomic<Int>>
    private let ranks: [Int]
    private let own: Int
    private let limit: Double
    private let isEnding = Mutex(false)
    private let report: @Sendable (String) -> Void
    private let giveUp: @Sendable () -> Void

    /// What was last seen of a rank, and since when it has not changed.
    private struct Sight {
        var beat = -1
        var tick = -1
        var beatSince = ContinuousClock.now
        var tickSince = ContinuousClock.now
    }

    /// - Parameters:
    ///   - ranks: of the node, as counted in the world.
    ///   - own: index of this rank among them.
    init(
        _ entries: UnsafeMutablePointer<Atomic<Int>>, ranks: [Int], own: Int, limit: Double,
        report: @escaping @Sendable (String) -> Void = { TerminalOutput.standardError().print($0) },
        giveUp: @escaping @Sendable () -> Void = { _exit(70) }
    ) {
        self.entries = entries
        self.ranks = ranks
        self.own = own
        self.limit = limit
        self.report = report
        self.giveUp = giveUp
    }

    /// Returns when nothing of the shared memory is read any more.
    func end() { isEnding.withLock { $0 = true } }

    func run() {
        var sights = ranks.map { _ in Sight() }
        // Said again after twice the time, and so on.
        var next = limit / 10
        let pause = min(1, max(limit / 40, 0.01))
        while true {
            Thread.sleep(forTimeInterval: pause)
            let continues = isEnding.withLock { isEnding in
                if !isEnding { look(&sights) }
                return !isEnding
            }
            guard continues else { return }
            let now = ContinuousClock.now
            let still = (now - sights.map(\.beatSince).max()!).inSeconds
            // Who hangs with its thread is not there to speak.
            let speaks = !sights[..<own].contains { (now - $0.tickSince).inSeconds < 5 * pause + limit / 20 }
            if still < limit / 10 { next = limit / 10 }
            guard speaks, still >= next else { continue }
            if still >= limit {
                report("error: \(describe(sights, still, now))\n       the training is ended after \(Int(limit)) s")
                giveUp()
                return
            }
            next = min(2 * next, limit)
            report("warning: \(describe(sights, still, now))")
        }
    }

    private func look(_ sights: inout [Sight]) {
        entries[own * Self.width + Self.tick].wrappingAdd(1, ordering: .relaxed)
        for rank in ranks.indices {
            let beat = entries[rank * Self.width + Self.beat].load(ordering: .relaxed)
            let tick = entries[rank * Self.width + Self.tick].load(ordering: .relaxed)
            if beat != sights[rank].beat { (sights[rank].beat, sights[rank].beatSince) = (beat, .now) }
            if tick != sights[rank].tick { (sights[rank].tick, sights[rank].tickSince) = (tick, .now) }
        }
    }

    /// A line for each rank of the node, those that are waited for first.
    private func describe(_ sights: [Sight], _ still: Double, _ now: ContinuousClock.Instant) -> String {
        var waiting: [String] = []
        var busy: [String] = []
        for index in ranks.indices {
            func value(_ field: Int) -> Int {
                entries[index * Self.width + field].load(ordering: .relaxed)
            }
            let activity = RankActivity(rawValue: value(Self.activity)) ?? .starting
            let seconds = Int((now - sights[index].beatSince).inSeconds)
            let silent = (now - sights[index].tickSince).inSeconds >= max(limit / 20, 0.05)
            let line =
                "\n       rank \(ranks[index]) (process \(value(Self.process))) \(activity.text(step: value(Self.step))) "
                + "since \(seconds) s" + (silent ? " and does not respond: it is stopped or hangs" : "")
            let waits = activity == .exchanging && !silent
            if waits { waiting.append(line) } else { busy.append(line) }
        }
        return "no progress on \(ProcessInfo.processInfo.hostName) for \(Int(still)) s"
            + (busy + waiting).joined()
    }
}
