import FileIO
import Foundation

/// What a process says of itself in the file `attempt` of the run that it works on.
///
///     2 node7 4711 0B1F2A3C-... 3c1f9b64-... 4026531836 8123456
///
/// The number of the attempt, host, process, a random identity, then boot of the machine, namespace of processes and start
/// of the process; `-` stands for what the system does not tell. Earlier versions wrote the first four.
struct RunClaim: Sendable, Equatable {
    /// 1 for the first process that works on the run.
    let attempt: Int
    let owner: ProcessIdentity
    /// Tells the claim from all others.
    let identity: String

    /// The numbers that an attempt can have; others are not ours.
    static let numbers = 0...1 << 50

    /// A new claim of this process.
    init(attempt: Int) {
        self.attempt = attempt
        owner = .current
        identity = UUID().uuidString
    }

    /// Nil for what is no claim.
    init?(_ text: String) {
        let parts = text.prefix(while: { !$0.isNewline }).split(separator: " ").map(String.init)
        guard let first = parts.first, let attempt = Int(first) else { return nil }
        func part(_ index: Int) -> String? {
            guard index < parts.count, parts[index] != "-" else { return nil }
            return parts[index].printable(limit: 255)
        }
        self.attempt = Self.numbers.contains(attempt) ? attempt : 0
        let space = part(4).flatMap { boot in part(5).map { ProcessIdentity.Space(boot: boot, namespace: $0) } }
        owner = ProcessIdentity(
            host: part(1) ?? "-", process: part(2).flatMap { Int($0) } ?? 0, space: space,
            start: part(6).flatMap { Int($0) })
        identity = part(3) ?? "-"
    }

    /// The line of the file.
    var text: String {
        let fields = [
            String(attempt), owner.host, String(owner.process), identity, owner.space?.boot ?? "-",
            owner.space?.namespace ?? "-", owner.start.map(String.init) ?? "-",
        ]
        return fields.joined(separator: " ") + "\n"
    }

    /// `process 4711 on node7`, for messages.
    var ownerText: String {
        guard owner.process > 0, owner.host != "-" else { return "another process" }
        return "process \(owner.process) on \(owner.host)"
    }

    /// The claim in a file; nil where there is no file. A file that holds something else is a claim of nobody.
    static func read(_ path: String) throws(FileError) -> RunClaim? {
        do throws(FileError) {
            let file = try OpenFile(path: path, access: .read)
            let text = String(decoding: try file.bytes(at: 0, count: 4096), as: UTF8.self)
            return RunClaim(text) ?? RunClaim("0")
        } catch {
            guard error.code == ENOENT else { throw error }
            return nil
        }
    }

    /// The same of a claim that may be on its way into the file at this moment.
    static func readWhole(_ path: String) throws(FileError) -> RunClaim? {
        for _ in 0..<20 {
            let claim = try read(path)
            guard let claim, claim.identity == "-" else { return claim }
            Thread.sleep(forTimeInterval: 0.1)
        }
        return try read(path)
    }

    /// Writes the claim into a file that must not be there.
    func write(newFile path: String, reportedPath: String) throws(FileError) {
        let file = try OpenFile(path: path, access: .createNew, reportedPath: reportedPath)
        do throws(FileError) {
            try file.write(Array(text.utf8))
            try file.finish()
        } catch {
            unlink(path)
            throw error
        }
    }
}
