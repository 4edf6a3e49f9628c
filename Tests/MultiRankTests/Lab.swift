import Foundation
import ProcessSupport
import Testing

/// `cluster/hosts/lab`: several hosts on this machine.
enum Lab {
    /// The folder `cluster` of the repository.
    static let cluster = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "cluster").path

    private static let script = cluster + "/hosts/lab"

    /// Why there can be no lab here; nil where it works.
    static let refusal: Comment? = {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: script)
        process.arguments = ["check"]
        process.standardError = pipe
        do { try process.run() } catch { return Comment(rawValue: "\(error)") }
        let message = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return process.terminationStatus == 0 ? nil : Comment(rawValue: String(decoding: message, as: UTF8.self))
    }()

    /// Runs a command on the head node of a lab. The lab and all of its processes end with it.
    ///
    /// - Parameter ranks: how many ranks the command starts, so that other tests leave room for them.
    static func run(
        hosts: Int, ranks: Int, options: [String] = [], _ command: [String], timeout: Duration = .seconds(300)
    ) async throws -> ProgramResult {
        try await ProcessSupport.run(
            script: script, ranks: ranks, arguments: ["run", "--hosts", "\(hosts)"] + options + command,
            timeout: timeout)
    }
}
