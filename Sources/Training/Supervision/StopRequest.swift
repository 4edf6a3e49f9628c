import Glibc
import Reporting
import Synchronization

/// Why a training is to stop at the next step, with a checkpoint to resume from.
public enum StopReason: Sendable, Equatable, CustomStringConvertible {
    /// - Parameter isFromLauncher: whether `mpirun` sent it. SIGTERM is all that it sends for what ends it itself.
    case signal(Int32, isFromLauncher: Bool = false)
    /// `--time-limit` is over.
    case timeLimit

    public var description: String {
        switch self {
        case .signal(SIGTERM, isFromLauncher: true): "by SIGTERM from mpirun (Ctrl-C, or a signal to mpirun)"
        case .signal(let number, _): "by \(Self.names[number] ?? "signal \(number)")"
        case .timeLimit: "by the time limit"
        }
    }

    private static let names: [Int32: String] = [
        SIGTERM: "SIGTERM", SIGINT: "SIGINT", SIGHUP: "SIGHUP", SIGUSR1: "SIGUSR1", SIGUSR2: "SIGUSR2",
    ]

    /// What the ranks tell each other of their reasons: twice the number of a signal, one more where it came from the
    /// launcher, ``codeOfTimeLimit`` or ``codeOfNone``. The largest one counts, so that all ranks name the same reason.
    static func code(of reason: StopReason?) -> Int {
        switch reason {
        case .signal(let number, let isFromLauncher): 2 * Int(number) + (isFromLauncher ? 1 : 0)
        case .timeLimit: codeOfTimeLimit
        case nil: codeOfNone
        }
    }

    /// The reason of a code; nil where no rank has one.
    init?(code: Int) {
        switch code {
        case Self.codeOfNone: return nil
        case Self.codeOfTimeLimit: self = .timeLimit
        default: self = .signal(Int32(code / 2), isFromLauncher: code % 2 == 1)
        }
    }

    private static let codeOfTimeLimit = 0
    private static let codeOfNone = -1
}

/// What this process was asked: to stop at the next step, by a signal or because its time is over.
///
/// SIGTERM, SIGINT, SIGHUP, SIGUSR1 and SIGUSR2 count alike: a terminal that is closed sends SIGHUP, and launchers pass on
/// some of the others only, `mpirun` SIGUSR1 and SIGUSR2, Slurm's `--signal` any. A second signal half a second or more
/// after the first ends the process at once; sooner ones are the same request on two ways, as from `timeout`, which
/// signals its group as well.
public struct StopRequest: Sendable {
    private let start = ContinuousClock.now
    private let timeLimit: Double?

    /// - Parameter timeLimit: seconds from now on; nil: no limit.
    public init(timeLimit: Double? = nil) { self.timeLimit = timeLimit }

    /// Whether there is a reason to stop. Every rank asks its own process; what it finds goes to all ranks as the flag of
    /// the next step (``TrainingRun``).
    var isMade: Bool { reason != nil }

    /// The reason to stop, nil while there is none.
    public var reason: StopReason? {
        let signal = Self.firstSignal.load(ordering: .relaxed)
        if signal != 0 { return StopReason(code: signal) }
        guard let timeLimit, (ContinuousClock.now - start).inSeconds >= timeLimit else { return nil }
        return .timeLimit
    }

    /// Installs the handlers of the signals. What was started with SIGHUP ignored (`nohup`) continues to ignore it.
    ///
    /// A reader of the messages who goes away (`trainer train 2>&1 | head`) no longer ends the process by SIGPIPE.
    public static func watchSignals() {
        // Made here, since a handler must not be the first to touch them.
        firstSignal.store(0, ordering: .relaxed)
        firstTime.store(0, ordering: .relaxed)
        launcher.store(Int(OpenMPILauncher.current?.identifier ?? 0), ordering: .relaxed)
        for number in [SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2] where number != SIGHUP || !isIgnored(number) {
            watch(number)
        }
        signal(SIGPIPE, SIG_IGN)
    }

    /// The code of a reason, 0 before there is one.
    private static let firstSignal = Atomic<Int>(0)
    private static let firstTime = Atomic<Int>(0)
    /// The process of the launcher; 0: none.
    private static let launcher = Atomic<Int>(0)

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    private static func watch(_ number: Int32) {
        var action = sigaction()
        action.__sigaction_handler.sa_sigaction = handle
        action.sa_flags = SA_SIGINFO | SA_RESTART
        sigaction(number, &action, nil)
    }

    /// Calls nothing that a signal handler may not call.
    private static let handle:
        @convention(c) (Int32, UnsafeMutablePointer<siginfo_t>?, UnsafeMutableRawPointer?) -> Void = {
            number, information, _ in
            let code = errno
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            let now = time.tv_sec * 1000 + time.tv_nsec / 1_000_000
            let launcher = launcher.load(ordering: .relaxed)
            var reason = 2 * Int(number)
            if launcher != 0, let information, sender(of: information.pointee) == launcher { reason += 1 }
            if firstSignal.compareExchange(expected: 0, desired: reason, ordering: .relaxed).exchanged {
                firstTime.store(now, ordering: .relaxed)
            } else if now - firstTime.load(ordering: .relaxed) >= 500 {
                _exit(128 + number)
            }
            errno = code
        }

    /// The process that sent a signal.
    private static func sender(of information: siginfo_t) -> Int {
        Int(information._sifields._kill.si_pid)
    }
}
