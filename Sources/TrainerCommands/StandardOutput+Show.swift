import FileIO
import Reporting

extension StandardOutput {
    /// Writes what a command found out before MPI has started, or without it.
    static func show(_ text: String) throws(CommandError) {
        do throws(FileError) { try write(text) } catch {
            throw CommandError(exitCode: Launcher.exitCode(for: error), error.description)
        }
    }
}
