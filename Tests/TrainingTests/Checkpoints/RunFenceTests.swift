import FileSupport
import Foundation
import Testing
import Training

/// Who may write into a run. The processes of other machines are files here, as they leave them on a common disk.
@Suite struct RunFenceTests {
    private let folder: TemporaryFolder
    private var run: RunFolder { RunFolder(folder.file("run")) }

    init() throws { folder = try TemporaryFolder() }

    private func content(_ name: String) -> String? {
        try? String(contentsOfFile: run.path + "/" + name, encoding: .utf8)
    }

    /// The words of the claim that a process on this machine has left.
    private func claim(ofProcess process: pid_t, identity: String = "I") throws -> [String] {
        let fence = try RunFence(claiming: RunFolder(folder.file("other")))
        try fence.begin()
        fence.release()
        var words = try String(contentsOfFile: folder.file("other/attempt"), encoding: .utf8).split(separator: " ")
            .map { $0.trimmingCharacters(in: .newlines) }
        (words[0], words[2], words[3]) = ("5", String(process), identity)
        let status = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        words[6] = String(status[status.lastIndex(of: ")")!...].split(separator: " ")[20])
        return words
    }

    private func leave(_ name: String, _ text: String) throws {
        try FileManager.default.createDirectory(atPath: run.path, withIntermediateDirectories: true)
        try text.write(toFile: run.path + "/" + name, atomically: false, encoding: .utf8)
    }

    private func expectTaken(_ words: String..., sourceLocation: SourceLocation = #_sourceLocation) {
        let error = #expect(throws: TrainingError.self, sourceLocation: sourceLocation) {
            _ = try RunFence(claiming: run)
        }
        #expect(error?.kind == .taken, sourceLocation: sourceLocation)
        for word in words {
            #expect(
                error?.description.contains(word) == true, "\(error?.description ?? "")", sourceLocation: sourceLocation
            )
        }
    }

    @Test func `a claim that is given back before anything was written leaves nothing`() throws {
        let fence = try RunFence(claiming: RunFolder(folder.file("a/b/run")))
        #expect(fence.attempt == 1)
        #expect(FileManager.default.fileExists(atPath: folder.file("a/b/run/heartbeat")))
        fence.release()
        #expect(folder.content.isEmpty)
    }

    @Test func `attempts are counted, and what ended in an orderly way is followed at once`() throws {
        for attempt in 1...3 {
            let fence = try RunFence(claiming: run)
            #expect(fence.attempt == attempt)
            try fence.begin()
            try fence.verify()
            #expect(content("attempt")?.hasPrefix("\(attempt) ") == true)
            #expect(content(".attempt-\(attempt)") == nil)
            fence.release()
            #expect(content("heartbeat") == nil)
        }
    }

    @Test(arguments: [false, true])
    func `a process that is at work is not followed`(hasBegun: Bool) throws {
        let fence = try RunFence(claiming: run)
        if hasBegun { try fence.begin() }
        expectTaken("process \(getpid()) on ", "is at work there (attempt 1)", "--out")
        try fence.verify()
        fence.release()
        #expect(try RunFence(claiming: run).attempt == (hasBegun ? 2 : 1))
    }

    @Test func `of several that claim at the same moment one gets the run`() async throws {
        let run = run
        let attempts = try await withThrowingTaskGroup(of: RunFence?.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    try await withCheckedThrowingContinuation { continuation in
                        Thread.detachNewThread {
                            continuation.resume(
                                with: Result {
                                    do {
                                        let fence = try RunFence(claiming: run)
                                        try fence.begin()
                                        return fence
                                    } catch let error as TrainingError where error.kind == .taken { return nil }
                                })
                        }
                    }
                }
            }
            var fences: [RunFence] = []
            for try await fence in group { if let fence { fences.append(fence) } }
            for fence in fences { try fence.verify() }
            return fences.map(\.attempt)
        }
        #expect(attempts == [1])
    }

    @Test(arguments: ["attempt", ".attempt-5"])
    func `a process of this machine that has died is followed at once`(file: String) throws {
        let child = Process()
        child.executableURL = URL(filePath: "/bin/sleep")
        child.arguments = ["600"]
        try child.run()
        let words = try claim(ofProcess: child.processIdentifier)
        kill(child.processIdentifier, SIGKILL)
        child.waitUntilExit()
        try leave(file, words.joined(separator: " ") + "\n")
        try leave("heartbeat", "I 7 computing 3\n")
        let fence = try RunFence(claiming: run)
        #expect(fence.attempt == 6)
        try fence.begin()
        #expect(content(".attempt-5") == nil)
    }

    @Test func `a process that has the number of a dead one is not taken for it`() throws {
        var words = try claim(ofProcess: getpid())
        words[6] = String(try #require(Int(words[6])) - 1)
        try leave("attempt", words.joined(separator: " ") + "\n")
        try leave("heartbeat", "I 7 computing 3\n")
        #expect(try RunFence(claiming: run).attempt == 6)
    }

    @Test func `a process that is there without a sign of life is waited for, and not followed`() throws {
        try leave("attempt", try claim(ofProcess: getpid()).joined(separator: " ") + "\n")
        try leave("heartbeat", "I 7 computing 3\n")
        expectTaken("process \(getpid()) on ", "without a sign of life (attempt 5)")
    }

    @Test func `a claim that is just being written is read when it is there`() throws {
        let text = try claim(ofProcess: getpid()).joined(separator: " ") + "\n"
        try leave(".attempt-5", "")
        let path = run.path + "/.attempt-5"
        let writing = DispatchWorkItem { try? text.write(toFile: path, atomically: false, encoding: .utf8) }
        DispatchQueue.global().asyncAfter(deadline: .now() + 0.5, execute: writing)
        expectTaken("process \(getpid()) on ", "(attempt 5)")
        writing.wait()
    }

    @Test func `a process of another machine is followed when it has been silent`() throws {
        try leave("attempt", "5 elsewhere 77 I boot 4026531836 99\n")
        try leave("heartbeat", "I 7 computing 3\n")
        let path = run.path + "/heartbeat"
        // Two seconds before its time is over.
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -18)], ofItemAtPath: path)
        var waits: [String] = []
        let fence = try RunFence(claiming: run) { if let text = $0 { waits.append(text) } }
        // On a slow machine its time is over before the first look.
        #expect(waits.count <= 1)
        #expect(waits.allSatisfy { $0 == "process 77 on elsewhere worked on \(run.path): waiting for a sign of life" })
        #expect(fence.attempt == 6)
    }

    @Test func `a process of another machine that gives signs of life is not followed`() throws {
        try leave("attempt", "5 elsewhere 77 I boot 4026531836 99\n")
        let path = run.path + "/heartbeat"
        try leave("heartbeat", "I 0 computing 3\n")
        let beats = DispatchWorkItem {
            for beat in 1...600 where !FileManager.default.fileExists(atPath: path + ".over") {
                try? "I \(beat) computing 3\n".write(toFile: path, atomically: false, encoding: .utf8)
                Thread.sleep(forTimeInterval: 0.2)
            }
        }
        DispatchQueue.global().async(execute: beats)
        expectTaken("process 77 on elsewhere is at work there (attempt 5)")
        try leave("heartbeat.over", "")
        beats.wait()
    }

    @Test func `who has lost the run is told by whom, and touches nothing of the other`() throws {
        let fence = try RunFence(claiming: run)
        try fence.begin()
        try leave("attempt", "2 elsewhere 77 I boot 4026531836 99\n")
        try leave("heartbeat", "I 0 computing 3\n")
        let error = #expect(throws: TrainingError.self) { try fence.verify() }
        #expect(error?.kind == .taken)
        #expect(error?.problem.contains("process 77 on elsewhere (attempt 2) has taken over this run") == true)
        fence.release()
        #expect(content("heartbeat") == "I 0 computing 3\n")
    }

    @Test func `a claim that was passed over cannot begin`() throws {
        let fence = try RunFence(claiming: run)
        try leave("attempt", "2 elsewhere 77 I boot 4026531836 99\n")
        #expect(throws: TrainingError.self) { try fence.begin() }
        #expect(content("attempt")?.hasPrefix("2 elsewhere") == true)
    }

    @Test(arguments: ["", "x", "-3 a b", "9223372036854775807 a b c d e f", "\u{0}\u{1}", "3", "7 host 12"])
    func `a file that is no claim of a process does no harm`(text: String) throws {
        try leave("attempt", text)
        let fence = try RunFence(claiming: run)
        try fence.begin()
        try fence.verify()
    }

    @Test func `the heartbeat continues while there is progress, and stops without`() throws {
        let progress = RankProgress()
        let fence = try RunFence(claiming: run, progress: progress, stallLimit: 3)
        let first = try #require(content("heartbeat"))
        func hasChanged(from text: String, within seconds: Double) -> Bool {
            let end = Date(timeIntervalSinceNow: seconds)
            while Date() < end {
                if let now = content("heartbeat"), now != text { return true }
                Thread.sleep(forTimeInterval: 0.1)
            }
            return false
        }
        #expect(hasChanged(from: first, within: 60))
        // After the limit there is no more, however long one waits.
        Thread.sleep(forTimeInterval: 5)
        let last = try #require(content("heartbeat"))
        #expect(!hasChanged(from: last, within: 3))
        withExtendedLifetime(fence) {}
    }
}
