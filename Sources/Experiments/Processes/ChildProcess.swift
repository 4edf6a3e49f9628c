import FileIO
import Glibc

/// A program that this process has started, in a process group of its own: what a terminal sends to this process, such
/// as Ctrl-C, does not reach it, so that it is asked to stop in one way.
struct ChildProcess {
    /// The number of the process, and of its group.
    let identifier: pid_t

    /// How a program ended.
    enum Ending: Equatable {
        case exited(Int32)
        case signaled(Int32)

        /// The exit code; 128 plus the number of a signal.
        var exitCode: Int {
            switch self {
            case .exited(let code): Int(code)
            case .signaled(let number): 128 + Int(number)
            }
        }
    }

    /// Starts a program with the environment of this one; its input is empty, and all that it prints goes to the end of a
    /// file.
    ///
    /// - Parameters:
    ///   - arguments: the program, by its path or found in `PATH`, and its arguments.
    ///   - log: the file that gets what it prints.
    init(_ arguments: [String], log: String) throws(ExperimentError) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o666)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        posix_spawnattr_setpgroup(&attributes, 0)
        let words = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var identifier: pid_t = 0
        let code = posix_spawnp(&identifier, arguments[0], &actions, &attributes, words, environ)
        guard code == 0 else {
            throw ExperimentError(
                .failure,
                "\(arguments[0].printable(limit: 300)): cannot be started: \(String(cString: strerror(code)))",
                recoverySuggestion: "look whether the program and \(log.printable(limit: 300)) can be reached")
        }
        self.identifier = identifier
    }

    /// How it ended; nil while it runs. To be asked until it has ended, and no longer.
    func ending() -> Ending? {
        var status: Int32 = 0
        let found = waitpid(identifier, &status, WNOHANG)
        guard found == identifier else { return found < 0 && errno == ECHILD ? .exited(70) : nil }
        let signal = status & 0x7F
        return signal == 0 ? .exited((status >> 8) & 0xFF) : .signaled(signal)
    }

    /// Sends a signal to the program alone, which hands it on to what it has started.
    func send(_ signal: Int32) { kill(identifier, signal) }
}
