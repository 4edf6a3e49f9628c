import EventLogs
import Interactions

/// A log in one file, and where it is accepted all that a conversion does with it.
struct EventLogInput {
    private let file: ScratchFile
    private let request: LogRequest

    /// - Parameter reader: the name of the reader; nil: recognized by the content.
    init(folder: String, reader: String?) throws {
        file = try ScratchFile("log.csv", in: folder)
        var request = LogRequest()
        request.reader = reader
        self.request = request
    }

    func read(_ input: [UInt8]) throws {
        try file.replace(by: input)
        do {
            let log = try EventLog([file.path], request, readsRatings: true) { _ in LineFilter() }
            try check(log, input.count)
            for finding in log.findings { for text in finding.texts { try requireVisible(text) } }
            for warning in log.warnings { try requireHarmless(warning) }
            try convert()
            let inspection = try DataInspection(files: [file.path], log: LogOptions(reader: request.reader))
            for line in inspection.text.split(separator: "\n") { try requireVisible(String(line)) }
        } catch let error as DatasetError {
            try require(error.line.map { $0 > 0 } ?? true, "line \(error.line ?? 0)")
            try requireHarmless(error.description)
        }
    }

    private func check(_ log: EventLog, _ bytes: Int) throws {
        let events = log.events
        try require(
            events.users.count == events.items.count && events.items.count == events.times.count, "columns differ")
        // Compressed text is longer than its file, but every event has at least three bytes.
        try require(events.users.count <= bytes * 1_100, "\(events.users.count) events in \(bytes) bytes")
        try require(events.users.allSatisfy { 1...events.userIds.count ~= Int($0) }, "a user out of range")
        try require(events.items.allSatisfy { 1...events.itemIds.count ~= Int($0) }, "an item out of range")
        for ids in [events.userIds, events.itemIds] where ids.count > 0 {
            for number in 1...Int32(min(ids.count, 50)) {
                let text = ids.text(of: number)
                try require(!text.isEmpty && ids.number(of: text) == number, "id \(number) is not found again")
                try requireVisible(text)
            }
        }
    }

    private func convert() throws {
        var options = ConversionOptions()
        (options.coreUsers, options.maxUserEvents, options.negatives) = (2, 50, 1)
        var log = LogOptions()
        log.reader = request.reader
        do {
            let conversion = try Conversion(of: [file.path], name: "log", log: log, options: options)
            let dataset = conversion.dataset
            try require(dataset.interactionCount == conversion.steps.last?.events, "events got lost")
            for line in conversion.table.text.split(separator: "\n") { try requireVisible(String(line)) }
        } catch let error as DatasetError {
            try requireHarmless(error.description)
        }
    }
}

extension LogOptions {
    fileprivate init(reader: String?) {
        self.init()
        self.reader = reader
    }
}

/// A reader of event logs, with its own inputs.
protocol EventLogTrial: ReaderTrial {
    static var texts: [String] { get }
    /// nil: recognized by the content.
    static var reader: String? { get }
    var log: EventLogInput { get }
    init(log: EventLogInput)
}

extension EventLogTrial {
    static var reader: String? { name.hasPrefix("log-") ? String(name.dropFirst(4)) : nil }

    static var fragments: [String] {
        [
            ",", "\t", ";", "|", "::", "\"", "\"\"", "'", "\n", "\r\n", " ", "\u{FEFF}", "user", "item", "time",
            "rating",
            "event", "user_id:token", "2024-01-31", "T23:59:59", ".123456789", "Z", "+02:00", "-", "1700000000",
            "1700000000000", "99999999999999999999", "-9223372036854775808", "1e9", ".5", "{", "}", "[", "]", ":", "\\",
            "\\u0041", "\\ud83d", "None", "null", "NaN", "u'", "A2SUAM1J3GNN3B", "B000JMLBHU", "pv", "\u{0}", "\u{301}",
            "\u{202E}", "\u{E4}", "PAR1",
        ]
    }

    init(folder: String) throws { self.init(log: try EventLogInput(folder: folder, reader: Self.reader)) }

    func seeds() -> [[UInt8]] { Self.texts.map { Array($0.utf8) } }

    func read(_ input: [UInt8]) throws { try log.read(input) }
}

/// Tables of any form.
struct TableLogTrial: EventLogTrial {
    static let name = "log-table"
    static let texts = [
        "user,item,time,event,rating\n\"a, \"\"b\"\"\",x,2024-01-31T23:59:59.5Z,view,4\nb,\"y\nz\",2024-02-01,buy,\nb,x,2024-02-02,buy,1e1\n",
        "customer;sku;timestamp\r\na;1;1700000000\r\na;2;1700000001.25\r\na;3;1700000002\r\n",
    ]
    let log: EventLogInput
}

/// Files whose form is found out.
struct AnyLogTrial: EventLogTrial {
    static let name = "any-log"
    static let reader: String? = nil
    static let texts =
        TableLogTrial.texts + JSONLogTrial.texts + MovieLensLogTrial.texts + UserLineLogTrial.texts
        + AmazonRatingLogTrial.texts + ComiRecLogTrial.texts + TaobaoLogTrial.texts + RecBoleLogTrial.texts
    let log: EventLogInput
}

struct JSONLogTrial: EventLogTrial {
    static let name = "log-json"
    static let texts = [
        #"{"reviewerID": "A2SUAM1J3GNN3B", "asin": "0000013714", "helpful": [0, {"a": "}"}], "reviewText": "He \"said\" {\\", "overall": 5.0, "unixReviewTime": 1252800000}"#
            + "\n" + #"{'reviewerID': 'A\x41', 'asin': u'0000013715', 'overall': None, 'unixReviewTime': 1252800001,}"#
            + "\n",
        #"{"rating": 5.0, "parent_asin": "B2", "asin": "B1", "user_id": "\ud83d\ude00", "timestamp": 1588687728923}"#
            + "\n",
    ]
    let log: EventLogInput
}

struct MovieLensLogTrial: EventLogTrial {
    static let name = "log-movielens"
    static let texts = [
        "1::1193::5::978300760\n1::661::3.5::978302109\n2::661::3::978302110\n",
        "196\t242\t3\t881250949\n186\t302\t3\t891717742\n",
    ]
    let log: EventLogInput
}

struct RecBoleLogTrial: EventLogTrial {
    static let name = "log-recbole"
    static let texts = [
        "user_id:token\titem_id:token\trating:float\ttimestamp:float\nu 1\tx\t4.0\t978300760.0\nu 1\ty\t3.5\t978300761\n"
    ]
    let log: EventLogInput
}

struct ReChorusLogTrial: EventLogTrial {
    static let name = "log-rechorus"
    static let texts = [DatasetInput.train, DatasetInput.dev]
    let log: EventLogInput
}

struct TaobaoLogTrial: EventLogTrial {
    static let name = "log-taobao"
    static let texts = [
        "1,2268318,2520377,pv,1511544070\n1,2333346,2520771,buy,1511561733\n2,2333346,2520771,fav,1511561734\n"
    ]
    let log: EventLogInput
}

struct AmazonRatingLogTrial: EventLogTrial {
    static let name = "log-amazon-ratings"
    static let texts = [
        "A2SUAM1J3GNN3B,0000013714,5.0,1252800000\nAKM1MP6P0OYPR,B000JMLBHU,1.0,1365811200\n",
        "0000013714,A2SUAM1J3GNN3B,5.0,1252800000\nB000JMLBHU,AKM1MP6P0OYPR,1.0,1365811200\n",
    ]
    let log: EventLogInput
}

struct ComiRecLogTrial: EventLogTrial {
    static let name = "log-comirec"
    static let texts = [
        "5,10,0\n5,11,1\n5,12,2\n6,10,0\n", "5,10,0,1500000000\n5,11,1,1500000007\n6,11,0,1500000008\n",
    ]
    let log: EventLogInput
}

struct PairLogTrial: EventLogTrial {
    static let name = "log-pairs"
    static let texts = [DatasetInput.text, "anna\tblue-shoe 1500000000\nbob  red-hat 1500000001\n"]
    let log: EventLogInput
}

struct UserLineLogTrial: EventLogTrial {
    static let name = "log-user-lines"
    static let texts = ["u1 a b c\nu2 b a\nu3 c\n"]
    let log: EventLogInput
}

/// A table that is compressed with zstd.
struct ZstdTrial: ReaderTrial {
    static let name = "zstd"
    static let fragments = TableLogTrial.fragments

    private let log: EventLogInput

    init(folder: String) throws { log = try EventLogInput(folder: folder, reader: nil) }

    func seeds() -> [[UInt8]] {
        let text = Array(TableLogTrial.texts[0].utf8)
        return [
            Zstd.compressed(text), Zstd.compressed(Array(text[..<20])) + Zstd.compressed(Array(text[20...])),
            Array(Zstd.compressed(text).dropLast(3)),
        ]
    }

    func read(_ input: [UInt8]) throws { try log.read(input) }

    /// Changes what is compressed in three of four cases, and otherwise the compressed bytes.
    func mutated(_ input: [UInt8], choice: UInt32, by change: ([UInt8]) -> [UInt8]) -> [UInt8] {
        guard choice % 4 > 0, let text = Zstd.expanded(input, limit: 1 << 14) else { return change(input) }
        return Zstd.compressed(change(text))
    }
}
