import EventLogs
import Foundation
import Interactions
import Testing

/// Each of these ends in one message with the file, the line where there is one, and what to do.
@Suite struct BadLogTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let text: String
        let message: String
        let request: LogRequest
        let kind: DatasetError.Kind

        init(
            _ description: String, _ text: String, _ message: String, kind: DatasetError.Kind = .invalid,
            _ change: (inout LogRequest) -> Void = { _ in }
        ) {
            var request = LogRequest()
            change(&request)
            (testDescription, self.text, self.message, self.request, self.kind) = (
                description, text, message, request, kind
            )
        }
    }

    static let header = "user,item,time\n"
    static let cases = [
        Case(
            "no such column", header + "a,b,1700000000\n", ": there is no column custmer (--user-column)",
            kind: .configuration
        ) {
            $0.userColumn = "custmer"
        },
        Case("a mistyped column", "customer,item\na,b\n", "; did you mean customer?", kind: .configuration) {
            $0.userColumn = "custmer"
        },
        Case(
            "a number beyond the columns", "a,b\nc,d\n", ": there is no column 3 (--item-column)", kind: .configuration
        ) {
            ($0.userColumn, $0.itemColumn, $0.hasHeader) = ("1", "3", false)
        },
        Case("a column twice", "user,item,user,time\na,b,c,1700000000\n", ":1: the header has the column user twice"),
        Case("a chosen column twice", "u,i,u\na,b,c\n", ":1: the header has the column u twice") {
            ($0.userColumn, $0.itemColumn) = ("u", "i")
        },
        Case(
            "one column for two", header + "a,b,1700000000\n", ": one column is both user and item",
            kind: .configuration
        ) {
            ($0.userColumn, $0.itemColumn) = ("user", "user")
        },
        Case(
            "two columns for one", "user,item,time,date\na,b,1700000000,2024-01-31\n",
            ":1: which column is the time is not clear"),
        Case(
            "no column of a user", "who,item,time\na,b,1700000000\nc,d,1700000001\n",
            ":1: which column is the user is not clear"),
        Case(
            "a quotation mark without end", header + "a,b,1700000000\n\"a,b,1700000000\nc,d,1700000000\n",
            ":3: a quotation mark is opened in field 1 and never closed"),
        Case(
            "text behind a quotation mark", header + "\"a\"x,b,1700000000\n",
            ":2: text follows the closing quotation mark of field 1"),
        Case(
            "a time that is none", header + String(repeating: "a,b,1700000000\n", count: 600) + "a,b,soon\n",
            ":602: the time is \"soon\""),
        Case(
            "an empty time", header + String(repeating: "a,b,1700000000\n", count: 600) + "a,b,\n",
            ":602: the time is empty"),
        Case(
            "a time beyond 64 bits",
            header + String(repeating: "a,b,1700000000\n", count: 600) + "a,b,99999999999999999999\n",
            ":602: the time is \"99999999999999999999\""),
        Case("an empty user", header + ",b,1700000000\n", ":2: the user is empty"),
        Case("an empty item", header + "a,\"\",1700000000\n", ":2: the item is empty"),
        Case("spaces for an item", header + "a,  ,1700000000\n", ":2: the item is empty"),
        Case("a control character", header + "a,b\u{7},1700000000\n", ":2: the item has a control character"),
        Case("a line end in an id", header + "a,\"b\nc\",1700000000\n", ":2: the item has a control character"),
        Case(
            "a long id", header + "a,\(String(repeating: "b", count: 2_000)),1700000000\n",
            ":2: the item has 2000 bytes"),
        Case(
            "more columns than the header", header + "a,b,1700000000\na,b,1700000000,5\n",
            ":3: the line has 4 columns, the header names 3"),
        Case(
            "fewer columns than the header", header + "a,b,1700000000\na,b\n",
            ":3: the line has 2 columns, the header names 3"),
        Case(
            "separators that are not clear", "a,b|c\nd,e|f\n",
            ":1: what separates the columns is not clear: comma or pipe"),
        Case("a header that is not clear", "a,b\nc,d\n", ":1: whether the first line is a header is not clear"),
        Case("ratings or times", "1 10 5\n1 11 3\n", ":1: whether the third column is a time or a rating is not clear"),
        Case(
            "an unknown reader", "1 10\n", ": there is no reader movilens; did you mean movielens?",
            kind: .configuration
        ) {
            $0.reader = "movilens"
        },
        Case("another reader", "1 10\n", ":1: not of the form of --reader movielens") { $0.reader = "movielens" },
        Case("an empty file", "\n\n", ": the file is empty"),
        Case(
            "a JSON line without end", #"{"user_id": "a", "item_id": "b"}"# + "\n" + #"{"user_id": "a", "item_id"#,
            ":2: the line is no object: a quotation mark is never closed"),
        Case(
            "a JSON line without a user", #"{"user_id": "a", "item_id": "b"}"# + "\n" + #"{"item_id": "b"}"#,
            ":2: the user is empty"),
        Case(
            "a JSON key twice",
            String(repeating: #"{"user_id": "a", "item_id": "b"}"# + "\n", count: 300)
                + #"{"user_id": "a", "item_id": "b", "item_id": "c"}"#,
            ":301: the line is no object: a key is there twice"),
        Case("a user without items", "u1 a b\nu2 a b c\nu3\n", ":3: user \"u3\" has no item") {
            $0.reader = "user-lines"
        },
        Case(
            "MovieLens with a line of another form", "1::2::5::978300760\n1::2::5\n",
            ":2: the line has 3 columns, the first line has 4"),
        Case(
            "Amazon in both orders",
            "A2SUAM1J3GNN3B,0000013714,5.0,1252800000\nB000JMLBHU,AKM1MP6P0OYPR,1.0,1365811200\n",
            ":1: whether the user or the item comes first is not clear"),
        Case(
            "a separator that is not there", header + "a,b,1700000000\n",
            ": no line has the separator semicolon; did you mean --separator comma?", kind: .configuration
        ) {
            $0.separator = .byte(0x3b)
        },
        Case(
            "dates with the day first", header + "a,b,31/01/2024\nc,d,1.2.2024\n",
            ":2: the time is \"31/01/2024\": day or month first is not clear"),
        Case("Parquet", "PAR1\u{15}\u{4}", ": Parquet files are not read"),
    ]

    @Test(arguments: cases) func `bad content is refused with file, line and what to do`(_ input: Case) throws {
        let folder = try LogFolder()
        let path = try folder.write("log.csv", input.text)
        let error = try #require(
            datasetError { () throws(DatasetError) in _ = try EventLog(path, request: input.request) })
        #expect(error.description.contains("log.csv"))
        #expect(error.description.contains(input.message), "\(error)")
        #expect(error.kind == input.kind, "\(error)")
        #expect(error.description.split(separator: "\n").count >= 2, "what to do is missing: \(error)")
        #expect(error.description.utf8.count < 2_000)
    }

    @Test func `invalid UTF-8 in an id is refused with its line, elsewhere it is not looked at`() throws {
        let folder = try LogFolder()
        let good = Array("user,item,time,title\na,b,1700000000,".utf8) + [0xff, 0xfe, 0x0a]
        #expect(try EventLog(try folder.write("good.csv", bytes: good)).list.count == 1)
        let bad = good + [0x61, 0x2c, 0xc3, 0x28] + Array(",1700000000,x\n".utf8)
        let path = try folder.write("bad.csv", bytes: bad)
        let error = datasetError { () throws(DatasetError) in _ = try EventLog(path) }
        #expect(error?.description.hasPrefix("\(path):3: the item is not valid UTF-8\nconvert the file") == true)
    }

    @Test(
        arguments: [
            ("xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00], "xz -dc FILE | gzip > FILE.gz"),
            (
                "bzip2", Array("BZh9".utf8) + [0x31, 0x41, 0x59, 0x26, 0x53, 0x59, 0x1],
                "bzip2 -dc FILE | gzip > FILE.gz"
            ),
            ("zip", Array("PK".utf8) + [3, 4, 20], "unzip -p FILE | gzip > FILE.gz"),
            ("7-Zip", [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c, 0], "7z x -so FILE | gzip > FILE.gz"),
        ] as [(String, [UInt8], String)])
    func `other compression is told by its name`(name: String, bytes: [UInt8], advice: String) throws {
        let folder = try LogFolder()
        let path = try folder.write("log.csv", bytes: bytes)
        let error = datasetError { () throws(DatasetError) in _ = try EventLog(path) }
        #expect(
            error?.description == "\(path): is compressed with \(name), which is not read\ngzip and zstd are: \(advice)"
        )
    }

    @Test func `what cannot be read twice is refused`() throws {
        for (path, kind) in [("-", "standard input"), ("/dev/null", "a pipe or a device")] {
            let error = datasetError { () throws(DatasetError) in _ = try EventLog(path) }
            #expect(
                error?.description.hasPrefix("\(path): is \(kind), and the beginning of a log is read twice\n") == true)
        }
        let error = datasetError { () throws(DatasetError) in _ = try EventLog("") }
        #expect(error?.description == "the name of a file: is empty\nname files of events")
    }

    @Test func `a line of 100 MB is refused without taking much more memory`() throws {
        let folder = try LogFolder()
        let text = Array("user,item,time\na,b,1700000000\n".utf8)
        let path = try folder.write("a.csv", bytes: text + [UInt8](repeating: 0x61, count: 100_000_000))
        let error = datasetError { () throws(DatasetError) in _ = try EventLog(path) }
        #expect(error?.description.contains("a.csv:3: the line is longer than") == true, "\(String(describing: error))")
    }

    @Test func `a quotation mark that swallows the file is told at its line`() throws {
        let folder = try LogFolder()
        let rest = String(repeating: "a,b,1700000000\n", count: 200_000)
        let path = try folder.write("a.csv", "user,item,time\na,\"b,1700000000\n" + rest)
        let error = datasetError { () throws(DatasetError) in _ = try EventLog(path) }
        #expect(
            error?.description.hasPrefix("\(path):2: a quotation mark is opened in field 2") == true,
            "\(String(describing: error))")
    }

    @Test func `truncated gzip and zstd are told as such`() throws {
        let folder = try LogFolder()
        let lines = (0..<5_000).map {
            "user\($0 &* 7_919 % 4_999),item\($0 &* 104_729 % 3_001),17\(10_000_000 + $0 * 37)\n"
        }.joined()
        try folder.appendGzip("a.gz", "user,item,time\n" + lines)
        let gzip = try folder.bytes("a.gz")
        let zstd = try LogFolder.zstd("user,item,time\n" + lines)
        for (bytes, name) in [(gzip, "gzip"), (zstd, "zstd")] {
            for share in [0.3, 0.9] {
                let path = try folder.write("cut.\(name)", bytes: Array(bytes[..<Int(Double(bytes.count) * share)]))
                let error = datasetError { () throws(DatasetError) in _ = try EventLog(path) }
                #expect(error?.problem == "the \(name) data end too early", "\(String(describing: error))")
            }
        }
        let damaged = zstd[..<200] + [zstd[200] ^ 0xff] + zstd[201...]
        let path = try folder.write("damaged.zst", bytes: Array(damaged))
        let error = datasetError { () throws(DatasetError) in _ = try EventLog(path) }
        #expect(error?.problem.hasPrefix("the zstd data") == true, "\(String(describing: error))")
    }

    @Test func `files with times of two units are not mixed`() throws {
        let folder = try LogFolder()
        let seconds = try folder.write("a.csv", "user,item,time\na,b,1700000000\n")
        let milliseconds = try folder.write("b.csv", "user,item,time\na,b,1700000000000\n")
        let error = datasetError { () throws(DatasetError) in _ = try EventLog(seconds, milliseconds) }
        #expect(error?.problem.contains("its times are milliseconds since 1970, those of") == true)
    }

    @Test func `a missing file is named`() throws {
        let folder = try LogFolder()
        let error = datasetError { () throws(DatasetError) in _ = try EventLog(folder.file("none.csv")) }
        #expect(error?.kind == .unreadable && error?.file == folder.file("none.csv"))
    }
}
