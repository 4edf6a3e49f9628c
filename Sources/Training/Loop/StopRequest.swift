import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Why a training is to stop at the next step, with a checkpoint to go on from.
public enum StopReason: Sendable, Equatable, CustomStringConvertible {
    case signal(Int32)
    /// `--time-limit` is over.
    case timeLimit

    public var description: String {
        switch self {
        case .signal(SIGTERM): "by SIGTERM"
        case .signal(SIGINT): "by SIGINT"
        case .signal(SIGUSR1): "by SIGUSR1"
        case .signal(let number): "by signal \(number)"
        case .timeLimit: "by the time limit"
        }
    }

    /// What the ranks tell each other of their reasons: the number of a signal, ``codeOfTimeLimit`` or ``codeOfNone``.
    /// The largest one counts, so that all ranks name the same reason.
    static func code(of reason: StopReason?) -> Int {
        switch reason {
        case .signal(let number): Int(number)
        case .timeLimit: codeOfTimeLimit
        case nil: codeOfNone
        }
    }

    /// The reason of a code; nil where no rank has one.
    init?(code: Int) {
        switch code {
        case Self.codeOfNone: return nil
        case Self.codeOfTimeLimit: self = .timeLimit
        default: self = .signal(Int32(code))
        }
    }

    private static let codeOfTimeLimit = 0
    private static let codeOfNone = -1
}

/// What this process was asked: to stop at the next step, by a signal or because its time is over.
///
/// SIGTERM, SIGINT and SIGUSR1 count alike, since launchers pass on some of them only: `mpirun` SIGUSR1, Slurm's
/// `--signal` any. A second signal half a second or more after the first ends the process at once; sooner ones are the
/// same request on two ways, as from `timeout`, which signals its group as well.
public struct StopRequest: Sendable {
    private let start = ContinuousClock.now
    private let timeLimit: Double?

    /// - Parameter timeLimit: seconds from now on; nil: no limit.
    public init(timeLimit: Double? = nil) { self.timeLimit = timeLimit }

    /// The reason to stop, nil while there is none.
    public var reason: StopReason? {
        let signal = Self.firstSignal.load(ordering: .relaxed)
        if signal != 0 { return .signal(Int32(signal)) }
        guard let timeLimit, (ContinuousClock.now - start).inSeconds >= timeLimit else { return nil }
        return .timeLimit
    }

    /// Installs the handlers of the three signals.
    public static func watchSignals() {
        // Made here, since a handler must not be the first to touch them.
        firstSignal.store(0, ordering: .relaxed)
        firstMoment.store(0, ordering: .relaxed)
        for number in [SIGTERM, SIGINT, SIGUSR1] { signal(number, handle) }
    }

    private static let firstSignal = Atomic<Int>(0)
    private static let firstMoment = Atomic<Int>(0)

    /// Calls nothing that a signal handler may not call.
    private static let handle: @convention(c) (Int32) -> Void = { number in
        let code = errno
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let now = time.tv_sec * 1000 + time.tv_nsec / 1_000_000
        if firstSignal.compareExchange(expected: 0, desired: Int(number), ordering: .relaxed).exchanged {
            firstMoment.store(now, ordering: .relaxed)
        } else if now - firstMoment.load(ordering: .relaxed) >= 500 {
            _exit(128 + number)
        }
        errno = code
    }
}
