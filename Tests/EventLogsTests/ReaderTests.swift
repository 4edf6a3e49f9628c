import EventLogs
import Interactions
import Testing

/// Every known form is recognized by its content and read as it is meant.
@Suite struct ReaderTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let reader: String
        let text: String
        let events: [(String, String, Int64)]
        var testDescription: String { reader + ": " + text.prefix(40).replacing("\n", with: "|") }

        init(_ reader: String, _ text: String, _ events: [(String, String, Int64)]) {
            self.reader = reader
            self.text = text
            self.events = events
        }
    }

    static let cases = [
        Case(
            "rechorus", "user_id\titem_id\ttime\tneg_items\n7\t30\t100\t[1, 2]\n7\t31\t101\t[3, 4]\n",
            [("7", "30", 100), ("7", "31", 101)]),
        Case("pairs", "1 10\n1 11\n2 10\n", [("1", "10", 1), ("1", "11", 2), ("2", "10", 3)]),
        Case("pairs", "anna\tblue-shoe\nbob\tred-hat\n", [("anna", "blue-shoe", 1), ("bob", "red-hat", 2)]),
        Case(
            "pairs", "1 10 1500000000\n1 11 1500000001\n", [("1", "10", 1_500_000_000), ("1", "11", 1_500_000_001)]),
        Case(
            "user-lines", "u1 a b c\nu2 b a\n",
            [("u1", "a", 1), ("u1", "b", 2), ("u1", "c", 3), ("u2", "b", 4), ("u2", "a", 5)]),
        Case("comirec", "5,10,0\n5,11,1\n6,10,0\n", [("5", "10", 0), ("5", "11", 1), ("6", "10", 0)]),
        Case(
            "comirec", "5,10,0,1500000000\n5,11,1,1500000007\n",
            [("5", "10", 1_500_000_000), ("5", "11", 1_500_000_007)]),
        Case(
            "recbole",
            "user_id:token\titem_id:token\trating:float\ttimestamp:float\nu 1\tx\t4.0\t978300760.0\nu 1\ty\t3.5\t978300761\n",
            [("u 1", "x", 978_300_760), ("u 1", "y", 978_300_761)]),
        Case(
            "movielens", "1::1193::5::978300760\n1::661::3::978302109\n",
            [("1", "1193", 978_300_760), ("1", "661", 978_302_109)]),
        Case(
            "movielens", "196\t242\t3\t881250949\n186\t302\t3\t891717742\n",
            [("196", "242", 881_250_949), ("186", "302", 891_717_742)]),
        Case(
            "table", "userId,movieId,rating,timestamp\n1,2,3.5,1112486027\n1,29,3.5,1112484676\n",
            [("1", "2", 1_112_486_027), ("1", "29", 1_112_484_676)]),
        Case(
            "json",
            #"{"reviewerID": "A2SUAM1J3GNN3B", "asin": "0000013714", "reviewText": "He said \"no\" {", "overall": 5.0, "unixReviewTime": 1252800000, "reviewTime": "09 13, 2009"}"#
                + "\n",
            [("A2SUAM1J3GNN3B", "0000013714", 1_252_800_000)]),
        Case(
            "json",
            #"{'reviewerID': 'A2SUAM1J3GNN3B', 'asin': u'0000013714', 'helpful': [0, 0], 'reviewText': "it's", 'overall': 5.0, 'unixReviewTime': 1252800000}"#
                + "\n",
            [("A2SUAM1J3GNN3B", "0000013714", 1_252_800_000)]),
        Case(
            "json",
            #"{"rating": 5.0, "title": "T", "images": [{"a": "}"}], "asin": "B001", "parent_asin": "B002", "user_id": "AE\u0041", "timestamp": 1588687728923}"#
                + "\n",
            [("AEA", "B002", 1_588_687_728_923)]),
        Case(
            "amazon-ratings", "A2SUAM1J3GNN3B,0000013714,5.0,1252800000\nAKM1MP6P0OYPR,B000JMLBHU,1.0,1365811200\n",
            [("A2SUAM1J3GNN3B", "0000013714", 1_252_800_000), ("AKM1MP6P0OYPR", "B000JMLBHU", 1_365_811_200)]),
        Case(
            "amazon-ratings", "0000013714,A2SUAM1J3GNN3B,5.0,1252800000\nB000JMLBHU,AKM1MP6P0OYPR,1.0,1365811200\n",
            [("A2SUAM1J3GNN3B", "0000013714", 1_252_800_000), ("AKM1MP6P0OYPR", "B000JMLBHU", 1_365_811_200)]),
        Case(
            "table", "user_id,parent_asin,rating,timestamp,history\nAE1,B01,5.0,1588687728923,B00 B02\n",
            [("AE1", "B01", 1_588_687_728_923)]),
        Case(
            "taobao", "1,2268318,2520377,pv,1511544070\n1,2333346,2520771,buy,1511561733\n",
            [("1", "2268318", 1_511_544_070), ("1", "2333346", 1_511_561_733)]),
        Case(
            "table", "customer;sku;when\n\"Anna; \"\"A\"\"\";\"a\nb \";2024-01-31T23:59:59+01:00\n",
            [("Anna; \"A\"", "x", 0)]),
        Case("table", "a|10|2024-01-31\nb|11|2024-02-01\n", []),
    ]

    @Test(arguments: cases.filter { !$0.events.isEmpty && !$0.text.hasPrefix("customer;") })
    func `a form is recognized and read, plain, gzip and zstd, with any line ends`(_ input: Case) throws {
        let folder = try LogFolder()
        let expected = input.events.map { Event($0.0, $0.1, $0.2) }
        let text = input.text
        let crlf = "\u{FEFF}" + text.replacing("\n", with: "\r\n") + "\r\n\r\n"
        for path in [
            try folder.write("plain.csv", text), try folder.write("crlf.csv", crlf),
            try folder.write("open.csv", String(text.dropLast())), try folder.appendGzip("a.gz", text),
            try folder.write("a.zst", bytes: try LogFolder.zstd(text)),
            try folder.write(
                "two.zst", bytes: try LogFolder.zstd(String(text.prefix(9))) + LogFolder.zstd(String(text.dropFirst(9)))
            ),
        ] {
            let log = try EventLog(path)
            #expect(log.findings.map(\.reader) == [input.reader], "\(path)")
            #expect(log.list == expected, "\(path)")
        }
    }

    @Test func `several files are read one after the other`() throws {
        let folder = try LogFolder()
        let log = try EventLog(
            try folder.write("1.csv", "user,item,time\nb,x,1700000000\n"),
            try folder.appendGzip("2.csv.gz", "time;user;item\n1700000001;a;y\n1700000002;b;x\n"))
        #expect(
            log.list == [
                Event("b", "x", 1_700_000_000), Event("a", "y", 1_700_000_001), Event("b", "x", 1_700_000_002),
            ])
        #expect(log.events.users == [1, 2, 1])
    }

    @Test func `quotation marks hold separators, line ends and doubled marks`() throws {
        let folder = try LogFolder()
        let text =
            "user,item,note,time\n\"a, \"\"b\"\"\", x y ,\"two\r\n\"\"lines\"\"\n\",1700000000\n\"\u{E4}\",\"z\",,1700000001"
        let log = try EventLog(try folder.write("a.csv", text))
        #expect(log.list == [Event("a, \"b\"", "x y", 1_700_000_000), Event("\u{E4}", "z", 1_700_000_001)])
    }

    @Test func `single quotation marks, and none, by choice`() throws {
        let folder = try LogFolder()
        var request = LogRequest()
        request.quoting = .byte(0x27)
        let single = try EventLog(try folder.write("a.csv", "user,item,time\n'a,b',c,1700000000\n"), request: request)
        #expect(single.list == [Event("a,b", "c", 1_700_000_000)])
        request.quoting = Quoting.none
        let none = try EventLog(
            try folder.write("b.csv", "user\titem\ttime\n\"a\t\"b\" c\t1700000000\n"), request: request)
        #expect(none.list == [Event("\"a", "\"b\" c", 1_700_000_000)])
    }

    @Test func `columns are found by name or number, whatever their order`() throws {
        let folder = try LogFolder()
        let path = try folder.write("a.csv", "when,what,who,product\n2024-01-31,view,anna,7\n2024-02-01,buy,bob,8\n")
        var request = LogRequest()
        (request.userColumn, request.itemColumn) = ("who", "4")
        (request.timeColumn, request.kindColumn) = ("WHEN", "what")
        let log = try EventLog(path, request: request)
        #expect(log.list == [Event("anna", "7", 1_706_659_200), Event("bob", "8", 1_706_745_600)])
        #expect(log.events.kinds.map(\.name) == ["view", "buy"])
    }

    @Test func `a table without header is read by numbers`() throws {
        let folder = try LogFolder()
        var request = LogRequest()
        (request.userColumn, request.itemColumn, request.timeColumn) = ("1", "2", "3")
        let path = try folder.write("a.csv", "a|10|2024-01-31\nb|11|2024-02-01\n")
        #expect(try EventLog(path, request: request).list.map(\.user) == ["a", "b"])
        request.hasHeader = true
        #expect(try EventLog(path, request: request).list.map(\.user) == ["b"])
    }

    @Test func `a line of a hundred fields, and one of eight bytes, are separated alike`() throws {
        let folder = try LogFolder()
        for width in [3, 7, 8, 9, 15, 16, 17, 100] {
            let names = ["user", "item", "time"] + (3..<width).map { "x\($0)" }
            let values = ["u", "i", "1700000000"] + (3..<width).map { String(repeating: "v", count: $0 % 11) }
            let path = try folder.write(
                "\(width).csv", names.joined(separator: ",") + "\n" + values.joined(separator: ",") + "\n")
            #expect(try EventLog(path).list == [Event("u", "i", 1_700_000_000)], "\(width)")
        }
    }

    @Test func `what was found out is said`() throws {
        let folder = try LogFolder()
        let log = try EventLog(try folder.write("a.csv", "user,item,time,price\na,b,2024-01-31T00:00:00.5Z,1\n"))
        #expect(
            log.findings[0].texts == [
                "separator: comma", "header: yes", "quotation marks: double", "user: column \"user\"",
                "item: column \"item\"", "time: column \"time\"", "times: ISO 8601, stored in milliseconds",
                "not read: column \"price\"",
            ])
    }

    @Test func `every reader has a name of its own`() {
        #expect(Set(EventLogReaders.all.map { $0.name }).count == EventLogReaders.all.count)
    }
}
