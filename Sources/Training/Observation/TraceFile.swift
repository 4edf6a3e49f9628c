import DistributedOptimizer
import FileIO
import Foundation

/// The file of `--trace`: timelines of all ranks in the Trace Event Format, which Perfetto and Chrome show. At rank 0.
///
///     [{"name":"process_name","ph":"M","pid":0,"tid":0,"args":{"name":"rank 0"}}
///     ,{"name":"forward","cat":"step","ph":"X","ts":1520.250,"dur":310.125,"pid":0,"tid":0}
///     ...
///     ]
///
/// The closing bracket comes with the end of the training; the format lets it be missing, for programs that are killed.
/// No event crosses a page of the file. A process that is killed while it writes leaves whole pages, and so whole events.
final class TraceFile {
    /// Events of steps and phases of all ranks together that are kept at most.
    static let limit = 1_000_000
    /// Events of steps and phases that a rank keeps until the next epoch ends.
    static let capacity = 1 << 17

    private static let pageSize = 4096
    private static let beginning = "[{\"name\":\"process_name\""

    private let path: String
    private let file: OpenFile
    private var size = 0
    private var pending: [UInt8] = []
    private var hasEnded = false

    /// Begins the file, in the place of an earlier trace.
    ///
    /// - Throws: where it cannot be written, or holds something else.
    init(_ path: String, ranks: Int) throws {
        self.path = path
        try ForeignFile.prepare(path, unlessBeginningWith: Self.beginning, option: "--trace")
        file = try OpenFile(path: path, access: .append)
        try file.truncate(to: 0)
        for rank in 0..<ranks {
            add("process_name", rank: rank, thread: 0, name: "rank \(rank)")
            add("process_sort_index", "{\"sort_index\":\(rank)}", rank: rank, thread: 0)
            add("thread_name", rank: rank, thread: 0, name: "training")
            if rank == 0 { add("thread_name", rank: rank, thread: 1, name: "writing checkpoints") }
        }
        try write()
    }

    /// Adds the events of a rank and hands them to the system.
    ///
    /// - Parameter origin: the time that is 0 in the file, by the clock of this rank.
    func append(_ events: some Sequence<Timeline.Event>, rank: Int, origin: UInt64) throws(FileError) {
        var line: [UInt8] = []
        for event in events {
            guard let kind = event.kind else { continue }
            line.removeAll(keepingCapacity: true)
            line += Self.fronts[kind.rawValue]
            Self.add(microseconds: event.start >= origin ? event.start - origin : 0, to: &line)
            line += Self.durationKey
            Self.add(microseconds: event.duration, to: &line)
            line += Self.rankKey
            Self.add(UInt64(rank), to: &line)
            line += kind == .writing ? Self.secondThread : Self.firstThread
            if event.number > 0 {
                line += Self.numberKeys[kind.rawValue]
                Self.add(UInt64(event.number), to: &line)
                line.append(UInt8(ascii: "}"))
            }
            line.append(UInt8(ascii: "}"))
            add(line)
        }
        try write()
    }

    /// Adds a mark with a text across all ranks.
    func mark(_ text: String, at time: UInt64, origin: UInt64) throws(FileError) {
        var line = Array("{\"name\":".utf8)
        var printer = JSONPrinter(indentation: nil)
        printer.append(quoted: text)
        line += printer.bytes + Array(",\"ph\":\"i\",\"s\":\"g\",\"ts\":".utf8)
        Self.add(microseconds: time >= origin ? time - origin : 0, to: &line)
        add(line + Array(",\"pid\":0,\"tid\":0}".utf8))
        try write()
    }

    /// Closes the list of events.
    func end() throws(FileError) {
        guard !hasEnded else { return }
        hasEnded = true
        pending += Array("\n]\n".utf8)
        try write()
    }

    private func write() throws(FileError) {
        size += pending.count
        defer { pending.removeAll(keepingCapacity: true) }
        try file.write(pending)
    }

    private func add(_ name: String, rank: Int, thread: Int, name value: String) {
        add(name, "{\"name\":\"\(value)\"}", rank: rank, thread: thread)
    }

    private func add(_ name: String, _ arguments: String, rank: Int, thread: Int) {
        add(
            Array("{\"name\":\"\(name)\",\"ph\":\"M\",\"pid\":\(rank),\"tid\":\(thread),\"args\":\(arguments)}".utf8))
    }

    /// Adds an event on a line of its own, behind white space where it would cross a page.
    private func add(_ event: [UInt8]) {
        let offset = size + pending.count
        guard offset > 0 else {
            pending.append(UInt8(ascii: "["))
            pending += event
            return
        }
        let room = Self.pageSize - offset % Self.pageSize
        // The comma is with the event: an end behind any event needs only the bracket.
        if event.count + 2 > room, event.count + 2 <= Self.pageSize {
            pending += [UInt8](repeating: UInt8(ascii: " "), count: room)
        }
        pending.append(UInt8(ascii: "\n"))
        pending.append(UInt8(ascii: ","))
        pending += event
    }

    // What is the same in all events of a kind.
    private static let fronts = Timeline.Kind.allCases.map { kind in
        Array("{\"name\":\"\(kind.name)\",\"cat\":\"\(kind.isOfStep ? "step" : "training")\",\"ph\":\"X\",\"ts\":".utf8)
    }
    private static let numberKeys = Timeline.Kind.allCases.map { kind in
        Array(",\"args\":{\"\(kind == .epoch || kind == .evaluation ? "epoch" : "step")\":".utf8)
    }
    private static let durationKey = Array(",\"dur\":".utf8)
    private static let rankKey = Array(",\"pid\":".utf8)
    private static let firstThread = Array(",\"tid\":0".utf8)
    private static let secondThread = Array(",\"tid\":1".utf8)

    /// Adds nanoseconds as microseconds with three decimals: ten times as fast as printing a floating-point number.
    private static func add(microseconds nanoseconds: UInt64, to line: inout [UInt8]) {
        add(nanoseconds / 1000, to: &line)
        let rest = nanoseconds % 1000
        line.append(UInt8(ascii: "."))
        for digit in [rest / 100, rest / 10 % 10, rest % 10] { line.append(UInt8(ascii: "0") + UInt8(digit)) }
    }

    private static func add(_ number: UInt64, to line: inout [UInt8]) {
        guard number >= 10 else { return line.append(UInt8(ascii: "0") + UInt8(number)) }
        add(number / 10, to: &line)
        line.append(UInt8(ascii: "0") + UInt8(number % 10))
    }
}
