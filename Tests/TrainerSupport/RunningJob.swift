import Foundation
import ProcessSupport
import Synchronization

/// A training that runs while the test does something to it.
public final class RunningJob: Sendable {
    /// The folder of the run: what tells its processes from others.
    public let out: String
    private let ending: Task<ProgramResult, any Error>
    private let ended = Flag()

    /// Starts `trainer` with `arguments`, which hold `--out` and `out`.
    public init(
        _ launch: Launch, _ arguments: [String], out: String, environment: [String: String] = [:],
        timeout: Duration = .seconds(120)
    ) {
        self.out = out
        ending = Task { [ended] in
            defer { ended.value.withLock { $0 = true } }
            return try await launch.trainer(arguments, environment: environment, timeout: timeout)
        }
    }

    /// Starts a script that starts the trainer; `arguments` are the script's.
    ///
    /// - Parameter launch: how many ranks the script will start, so that tests leave room for them.
    public init(
        _ launch: Launch, _ arguments: [String], out: String, timeout: Duration = .seconds(60), script: String
    ) {
        self.out = out
        ending = Task { [ended] in
            defer { ended.value.withLock { $0 = true } }
            guard case .ranks(let ranks) = launch else {
                return try await run(product: script, arguments: arguments, timeout: timeout)
            }
            return try await run(script: script, ranks: ranks, arguments: arguments, timeout: timeout)
        }
    }

    /// Ends the processes, if they are still there.
    public func end() { ending.cancel() }

    public var hasEnded: Bool { ended.value.withLock { $0 } }

    public var result: ProgramResult {
        get async throws { try await ending.value }
    }

    /// The processes that train: ranks, or the program alone.
    public var trainers: [pid_t] { processes { $0.arguments.first?.hasSuffix("/trainer") == true } }

    /// The script that starts the trainer.
    public var scripts: [pid_t] { processes { $0.arguments.dropFirst().first?.hasSuffix("run-with-restarts") == true } }

    /// Whether anything is left that this job has started.
    public var isLeftOver: Bool { !processes { _ in true }.isEmpty }

    /// The number of a rank among those of its job; nil if it is gone.
    public func rank(of trainer: pid_t) -> Int? {
        let variables = (try? Data(contentsOf: URL(filePath: "/proc/\(trainer)/environ"))) ?? Data()
        let name = "OMPI_COMM_WORLD_RANK="
        return variables.split(separator: 0).lazy.map { String(decoding: $0, as: UTF8.self) }
            .first { $0.hasPrefix(name) }.flatMap { Int($0.dropFirst(name.count)) }
    }

    /// The launcher of the ranks.
    public var launchers: [pid_t] { processes { $0.arguments.first?.hasSuffix("mpirun") == true } }

    /// Those of `identifiers` that still belong to this job.
    public func running(_ identifiers: [pid_t]) -> [pid_t] {
        identifiers.filter { RunningProcess($0).arguments.contains(out) }
    }

    private func processes(where isWanted: (RunningProcess) -> Bool) -> [pid_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter {
            let process = RunningProcess($0)
            return process.arguments.contains(out) && isWanted(process)
        }
    }

    /// Waits until `condition` holds, or the job has ended.
    ///
    /// - Returns: whether it holds.
    public func wait(every pause: Duration = .milliseconds(50), until condition: () -> Bool) async throws -> Bool {
        while !hasEnded {
            if condition() { return true }
            try await Task.sleep(for: pause)
        }
        return condition()
    }

    /// Kills the processes in the moment in which `condition` holds, or waits until the job has ended.
    ///
    /// A thread of its own watches: the tasks of a test may get no thread for longer than a short training takes.
    ///
    /// - Returns: whether they were killed.
    public func kill(when condition: @escaping @Sendable () -> Bool) async -> Bool {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [self] in
                while !hasEnded {
                    if condition() {
                        let all = launchers + trainers
                        for process in all { Foundation.kill(process, SIGKILL) }
                        return continuation.resume(returning: !all.isEmpty)
                    }
                    Thread.sleep(forTimeInterval: 0.01)
                }
                continuation.resume(returning: false)
            }
        }
    }

    private final class Flag: Sendable {
        let value = Mutex(false)
    }
}

/// A process as `/proc` shows it; without arguments if there is none, or one that has ended and was not waited for.
private struct RunningProcess {
    let arguments: [String]

    init(_ identifier: pid_t) {
        // By hand: Foundation's reading of a file without a size keeps memory, and this is asked thousands of times.
        var bytes: [UInt8] = []
        let file = open("/proc/\(identifier)/cmdline", O_RDONLY | O_CLOEXEC)
        if file >= 0 {
            var buffer = [UInt8](repeating: 0, count: 8192)
            while case let count = read(file, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
            close(file)
        }
        arguments = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
}
