import FileIO
import Foundation

/// What tells a process from all others of its machine, and from those of other machines.
struct ProcessIdentity: Sendable, Equatable {
    /// Name of the host.
    let host: String
    /// The number by which the process knows itself.
    let process: Int
    /// Where that number means the same: the boot of the machine and the namespace of processes. Nil where the system
    /// does not tell.
    let space: Space?
    /// When the process began, in the clock ticks of the machine.
    let start: Int?

    struct Space: Sendable, Equatable {
        let boot: String
        let namespace: String
    }

    /// Whether a process is there.
    enum Presence: Sendable, Equatable {
        case present, gone
        /// It cannot be seen from here.
        case unknown
    }

    /// This process.
    static var current: ProcessIdentity {
        let host = ProcessInfo.processInfo.hostName.filter { !$0.isWhitespace }
        return ProcessIdentity(
            host: host.isEmpty ? "-" : host, process: Int(getpid()), space: Space.current,
            start: state(ofProcess: Int(getpid()))?.start)
    }

    /// Whether the process is there, as far as this one can see. One that has ended and was not waited for is gone.
    var presence: Presence {
        guard let space, let start, space == Space.current, process > 0, let identifier = pid_t(exactly: process) else {
            return .unknown
        }
        if let state = Self.state(ofProcess: process) {
            return state.start == start && !state.hasEnded ? .present : .gone
        }
        // The processes of other users can be hidden.
        return kill(identifier, 0) != 0 && errno == ESRCH ? .gone : .unknown
    }

    /// What `/proc` says of a process.
    private static func state(ofProcess process: Int) -> (start: Int, hasEnded: Bool)? {
        guard let text = shortText("/proc/\(process)/stat"), let name = text.lastIndex(of: ")") else { return nil }
        // The name of the program, in parentheses, may have spaces. The state follows, and the start 19 fields later.
        let fields = text[text.index(after: name)...].split(separator: " ")
        guard fields.count > 19, let start = Int(fields[19]) else { return nil }
        return (start, ["Z", "X", "x"].contains(fields[0]))
    }

    /// A file of the system, which does not know its size.
    private static func shortText(_ path: String) -> String? {
        guard let file = try? OpenFile(path: path, access: .read), let bytes = try? file.bytes(at: 0, count: 4096)
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension ProcessIdentity.Space {
    /// Of this process.
    static let current: ProcessIdentity.Space? = {
        guard
            let boot = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
                .trimmingCharacters(in: .whitespacesAndNewlines),
            let namespace = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")
        else { return nil }
        // pid:[4026531836]
        return ProcessIdentity.Space(boot: boot, namespace: namespace.filter(\.isNumber))
    }()
}
