import FileIO
import Foundation
import Testing
import Training

@Suite final class MetricsLogTests {
    private let path = FileManager.default.temporaryDirectory.appending(path: "facet-\(UUID().uuidString).jsonl").path

    deinit { try? FileManager.default.removeItem(atPath: path) }

    private var content: String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }

    private func line(_ epoch: Int) -> JSONValue {
        ["epoch": .integer(epoch), "train_loss": .number(0.1 * Double(epoch)), "dev": ["HR@10": .number(Float(0.3))]]
    }

    @Test func `each object is a line, keys in the given order`() throws {
        let log = try MetricsLog(creating: path)
        try log.append(line(1))
        #expect(content == "{\"epoch\":1,\"train_loss\":0.1,\"dev\":{\"HR@10\":0.3}}\n")
        try log.append(["loss": .number(Double.nan), "note": "two\nlines"])
        #expect(content.hasSuffix("\n{\"loss\":null,\"note\":\"two\\nlines\"}\n"))
        #expect(log.lineCount == 2)
    }

    @Test func `a new log replaces an old one`() throws {
        try "old\n".write(toFile: path, atomically: false, encoding: .utf8)
        let log = try MetricsLog(creating: path)
        #expect(content == "" && log.lineCount == 0)
    }

    @Test func `resuming drops the lines after the checkpoint`() throws {
        do {
            let log = try MetricsLog(creating: path)
            for epoch in 1...5 { try log.append(line(epoch)) }
            try log.synchronize()
        }
        let log = try MetricsLog(resuming: path, lines: 3)
        #expect(log.lineCount == 3)
        try log.append(line(40))
        let expected = [1, 2, 3, 40].map { line($0).compact + "\n" }.joined()
        #expect(content == expected && log.lineCount == 4)
    }

    @Test func `half a line and lines that are missing are told`() throws {
        try "{\"epoch\":1}\n{\"epoch\":2}\n{\"epo".write(toFile: path, atomically: false, encoding: .utf8)
        let log = try MetricsLog(resuming: path, lines: 3)
        #expect(log.lineCount == 2 && content == "{\"epoch\":1}\n{\"epoch\":2}\n")
    }

    @Test func `long logs are cut at the right line`() throws {
        let text = String(repeating: "x", count: 999) + "\n"
        try String(repeating: text, count: 300).write(toFile: path, atomically: false, encoding: .utf8)
        #expect(try MetricsLog(resuming: path, lines: 250).lineCount == 250)
        #expect(content.utf8.count == 250_000)
    }

    @Test func `resuming without a file begins one`() throws {
        #expect(try MetricsLog(resuming: path, lines: 3).lineCount == 0)
    }

    @Test func `what is not a file is refused with its name`() {
        let error = #expect(throws: FileError.self) { try MetricsLog(creating: "/dev/null") }
        #expect(error?.description.hasPrefix("/dev/null: cannot be opened: it is not a regular file\n") == true)
        #expect(throws: FileError.self) { try MetricsLog(creating: self.path + "/missing/metrics.jsonl") }
    }

    /// In a process of its own, since a limit on the size of files holds for all of a process.
    @Test func `a line that does not fit on the disk is taken back`() async throws {
        let path = path
        await #expect(processExitsWith: .success) { [path = path as String] in
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 100, rlim_max: 1 << 40)
            #if os(Linux)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            #else
            setrlimit(RLIMIT_FSIZE, &limit)
            #endif
            let log = try MetricsLog(creating: path)
            try log.append(["epoch": 1])
            let error = #expect(throws: FileError.self) {
                try log.append(["text": .string(String(repeating: "x", count: 200))])
            }
            try log.append(["epoch": 2])
            exit(error?.code == EFBIG && log.lineCount == 2 ? 0 : 1)
        }
        #expect(content == "{\"epoch\":1}\n{\"epoch\":2}\n")
    }
}
