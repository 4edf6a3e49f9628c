import ArgumentParser
import FileIO
import Foundation

extension TrainerCommand {
    /// Ends the process as `exit(withError:)` does, without what a terminal would obey in the arguments that a message
    /// quotes.
    static func end(with error: any Error) -> Never {
        let message = fullMessage(for: error).printableLines
        let code = exitCode(for: error)
        if !message.isEmpty {
            let stream = code == .success ? FileHandle.standardOutput : FileHandle.standardError
            try? stream.write(contentsOf: Data((message + "\n").utf8))
        }
        exit(withError: code)
    }
}
