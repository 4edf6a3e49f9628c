import FileIO
import Glibc

/// A stream for people: lines, and on a terminal one status line below them that is drawn again in place.
///
/// Whoever prints a line goes through the same value as the status line, so the two never mix. Not for use from several
/// threads at a time.
public final class TerminalOutput {
    /// True if the status line can be drawn again in place: a terminal that is not `dumb`.
    public let isInteractive: Bool
    /// True if colours are wanted: interactive, and `NO_COLOR` (<https://no-color.org>) unset or empty.
    public let hasColors: Bool
    private let descriptor: Int32
    /// What says how wide the terminal is: ``descriptor``, or the terminal that a launcher forwards to.
    private let terminal: Int32
    private var status: StatusLine?

    /// Whether the other ranks' lines come to the same terminal, by way of their launcher.
    private var isForwarded: Bool { terminal != descriptor }

    /// A status line: what is seen, and how it is sent.
    package struct StatusLine: Equatable {
        /// What is seen, without escape sequences; as wide as it has characters.
        package let text: String
        /// `text` with escape sequences for colours.
        package let colored: String

        /// - Parameters:
        ///   - text: what is seen.
        ///   - colored: `text` with escape sequences for colours; nil: without colours.
        package init(text: String, colored: String? = nil) {
            self.text = text
            self.colored = colored ?? text
        }
    }

    /// - Parameters:
    ///   - descriptor: an open file descriptor, which stays the caller's. Standard error is 2.
    ///   - environment: looks up a variable of the environment.
    public convenience init(descriptor: Int32, environment: (String) -> String? = TerminalOutput.variable) {
        self.init(descriptor: descriptor, forwardedTo: nil, environment: environment)
    }

    /// - Parameter terminal: the terminal that what is written to `descriptor` is forwarded to, which is closed with this
    ///   value; nil: none.
    package init(descriptor: Int32, forwardedTo terminal: Int32?, environment: (String) -> String?) {
        self.descriptor = descriptor
        self.terminal = terminal ?? descriptor
        isInteractive = isatty(self.terminal) == 1 && environment("TERM") != "dumb"
        hasColors = isInteractive && (environment("NO_COLOR") ?? "").isEmpty
    }

    deinit {
        clearStatus()
        if isForwarded { close(terminal) }
    }

    /// Standard error, which reaches a terminal by way of `mpirun` too.
    public static func standardError() -> TerminalOutput {
        let isTerminal = isatty(STDERR_FILENO) == 1
        return TerminalOutput(
            descriptor: STDERR_FILENO,
            forwardedTo: isTerminal ? nil : OpenMPILauncher.current?.openTerminal(environment: variable),
            environment: variable)
    }

    /// The value of a variable of the environment.
    public static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// Columns of the terminal, 80 where it does not say.
    public var width: Int {
        var size = winsize()
        guard ioctl(terminal, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Prints whole lines, above the status line where there is one.
    public func print(_ lines: String) {
        write((hasStatusBelow ? TerminalOutput.eraseLine : "") + lines + "\n" + (status?.colored ?? ""))
    }

    /// Takes a status line off the screen that another rank may be drawing, for what is written past this value.
    package func makeRoom() {
        if hasStatusBelow { write(TerminalOutput.eraseLine) }
    }

    /// Whether there is a status line, or may be one of another rank.
    private var hasStatusBelow: Bool { status != nil || isForwarded && isInteractive }

    /// Shows `line` in place of the status line before; it must be shorter than ``width``. Only where interactive.
    package func setStatus(_ line: StatusLine) {
        guard isInteractive, line != status else { return }
        write(TerminalOutput.eraseLine + line.colored)
        status = line
    }

    /// Removes the status line and leaves the cursor at the beginning of an empty line.
    public func clearStatus() {
        guard status != nil else { return }
        status = nil
        write(TerminalOutput.eraseLine)
    }

    private static let eraseLine = "\r\u{1B}[K"

    /// In one call where possible. An error is passed over: a lost message must not end a training.
    private func write(_ text: String) {
        let bytes = Array(text.utf8)
        bytes.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let count = systemWrite(descriptor, bytes.baseAddress! + done, bytes.count - done)
                if count >= 0 {
                    done += count
                } else if errno == EAGAIN {
                    // A launcher may have made the stream non-blocking: give its reader a second.
                    var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    guard poll(&request, 1, 1000) > 0 else { return }
                } else if errno != EINTR {
                    return
                }
            }
        }
    }
}
