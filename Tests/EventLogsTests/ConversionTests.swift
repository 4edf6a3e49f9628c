import EventLogs
import Foundation
import Interactions
import KernelCore
import Testing

/// Filters and splits, and the counts of what they remove.
@Suite struct ConversionTests {
    private func convert(
        _ text: String, name: String = "log.csv", _ change: (inout ConversionOptions) -> Void = { _ in }
    ) throws -> Conversion {
        let folder = try LogFolder()
        var options = ConversionOptions()
        change(&options)
        return try Conversion(of: [try folder.write(name, text)], name: "shop", log: LogOptions(), options: options)
    }

    /// The rows of a table with their ids.
    private func rows(_ table: InteractionTable, _ dataset: InteractionDataset) -> [Event] {
        (0..<table.count).map {
            Event(
                dataset.userIds.text(of: table.users[$0]), dataset.itemIds.text(of: table.items[$0]), table.times[$0])
        }
    }

    private func removed(_ conversion: Conversion) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: conversion.steps.map { ($0.name, $0.removed) })
    }

    @Test func `the newest event of a user is test, the one before dev, and ties keep the order of the file`() throws {
        let dataset = try convert(
            """
            user,item,time
            b,x,1700000009
            a,p,1700000005
            a,q,1700000001
            a,r,1700000005
            a,s,1700000003
            b,y,1700000008

            """
        ).dataset
        #expect(rows(dataset.test, dataset) == [Event("a", "r", 1_700_000_005)])
        #expect(rows(dataset.dev, dataset) == [Event("a", "p", 1_700_000_005)])
        #expect(
            rows(dataset.train, dataset) == [
                Event("b", "x", 1_700_000_009), Event("a", "q", 1_700_000_001), Event("a", "s", 1_700_000_003),
                Event("b", "y", 1_700_000_008),
            ])
        // In the order in which they came first.
        #expect((1...2).map { dataset.userIds.text(of: $0) } == ["b", "a"])
    }

    @Test func `ids that are whole numbers from 1 stay numbers, in their order; others are text`() throws {
        let numbers = try convert("10 7\n10 3\n10 5\n2 7\n", name: "a.txt").dataset
        #expect(numbers.userIds == Vocabulary(ascending: [2, 10]))
        #expect(numbers.itemIds == Vocabulary(ascending: [3, 5, 7]))
        #expect(rows(numbers.train, numbers).map(\.item) == ["7", "7"])
        for text in [
            "10 07\n10 3\n10 5\n", "10 0\n10 3\n10 5\n", "10 -7\n10 3\n10 5\n", "10 99999999999999999999\n10 3\n10 5\n",
        ] {
            let dataset = try convert(text, name: "a.txt").dataset
            #expect(dataset.userIds.names == nil)
            #expect(dataset.itemIds.names?.count == 3, "\(text)")
        }
        // A text that a filter removes does not make the others text.
        let filtered = try convert("1 5\n1 6\n1 7\nbot 5\nbot 6\nbot 7\nbot 8\n", name: "a.txt") {
            $0.maxUserEvents = 3
        }
        #expect(filtered.dataset.userIds == .numbered(1))
    }

    @Test func `converted text is the data set that the text itself is`() throws {
        let folder = try LogFolder()
        var stream = RandomStream(seed: 1, purpose: .synthesis, iteration: 0, element: 0)
        let times = (0..<400).map { _ in 1_600_000_000 + Int(stream.next(below: 500)) }.sorted()
        let text = times.map { "\(1 + stream.next(below: 40)) \(3 * (1 + stream.next(below: 30))) \($0)\n" }.joined()
        try folder.write("ratings.txt", text)
        let original = try InteractionDataset.load(folder: folder.path)
        var options = ConversionOptions()
        options.exactRepeats = .keep
        let converted = try Conversion(
            of: [folder.file("ratings.txt")], name: "a", log: LogOptions(), options: options
        ).dataset
        #expect(DatasetFingerprint(converted) == DatasetFingerprint(original))
        // Also through the file that is written, in both formats.
        for isText in [false, true] {
            let output = DatasetOutput(folder: folder.file("out-\(isText)"), isText: isText, replacing: false)
            try output.write(converted, report: "{}\n")
            let read = try InteractionDataset.load(folder: output.folder)
            #expect(DatasetFingerprint(read) == DatasetFingerprint(original))
            #expect(read.hasTimes)
        }
    }

    @Test func `a folder of ReChorus keeps its split and its negatives`() throws {
        let folder = try LogFolder()
        try folder.write("train.csv", "user_id\titem_id\ttime\n1\t1\t10\n1\t2\t20\n2\t2\t10\n2\t4\t20\n")
        try folder.write("dev.csv", "user_id\titem_id\ttime\tneg_items\n1\t4\t40\t[5, 6]\n")
        try folder.write("test.csv", "user_id\titem_id\ttime\tneg_items\n1\t5\t50\t[6, 7]\n2\t3\t40\t[1, 6]\n")
        let original = try InteractionDataset.load(folder: folder.path)
        let same = try Conversion(of: [folder.path], name: "a", log: LogOptions(), options: ConversionOptions())
        #expect(DatasetFingerprint(same.dataset) == DatasetFingerprint(original))
        var options = ConversionOptions()
        options.split = .leaveOneOut
        let anew = try Conversion(of: [folder.path], name: "a", log: LogOptions(), options: options).dataset
        #expect(anew.test.count == 2 && anew.dev.count == 2 && anew.negativesPerRow == nil)
        options = ConversionOptions()
        options.coreUsers = 2
        let error = datasetError { () throws(DatasetError) in
            _ = try Conversion(of: [folder.path], name: "a", log: LogOptions(), options: options)
        }
        #expect(error?.kind == .configuration && error?.problem.contains("the split of the folder is kept") == true)
    }

    @Test func `every filter removes what it says, in a fixed order`() throws {
        let text = """
            user,item,time,event,rating
            a,x,2024-01-01,view,5
            a,x,2024-01-01,view,5
            a,y,2024-01-02,view,4
            a,z,2024-01-03,view,3
            a,x,2024-01-04,view,5
            a,w,2024-01-05,cart,5
            a,v,2023-12-31,view,5
            a,v,2024-02-01,view,5
            b,x,2024-01-02,view,4
            b,y,2024-01-03,view,4
            b,y,2024-01-04,view,
            c,x,2024-01-02,view,5
            c,y,2024-01-03,view,5
            c,z,2024-01-03,view,5
            c,u,2024-01-03,view,5
            ,u,2024-01-03,view,5

            """
        let conversion = try convert(text) {
            ($0.emptyIds, $0.events, $0.minimalRating) = (.skip, "view", 4)
            ($0.from, $0.until, $0.repeats) = ("2024-01-01", "2024-02-01", .keepFirst)
            ($0.maxUserEvents, $0.coreItems, $0.coreUsers, $0.split) = (3, 2, 2, .temporal)
            ($0.devFrom, $0.testFrom) = ("2024-01-02", "2024-01-03")
        }
        #expect(
            conversion.steps.map {
                "\($0.name.prefix(16)) \($0.removed) \($0.events) \($0.users ?? -1) \($0.items ?? -1)"
            } == [
                "read 0 16 -1 -1", "empty ids 1 15 -1 -1", "kinds of events 1 14 -1 -1", "ratings 2 12 -1 -1",
                "times 2 10 3 4", "exact repeats 1 9 3 4", "repeated items o 1 8 3 4", "users with too m 4 4 2 2",
                "outside the core 0 4 2 2",
            ])
        let dataset = conversion.dataset
        #expect(rows(dataset.train, dataset) == [Event("a", "x", 1_704_067_200)])
        #expect(rows(dataset.dev, dataset).map(\.item) == ["y", "x"])
        #expect(rows(dataset.test, dataset) == [Event("b", "y", 1_704_240_000)])
    }

    @Test func `of a repeated item the last can be kept`() throws {
        let text = "u x 1500000001\nu y 1500000002\nu x 1500000003\nu z 1500000000\n"
        let last = try convert(text, name: "a.txt") { $0.repeats = .keepLast }.dataset
        #expect(
            rows(last.train, last) + rows(last.dev, last) + rows(last.test, last) == [
                Event("u", "z", 1_500_000_000), Event("u", "y", 1_500_000_002), Event("u", "x", 1_500_000_003),
            ])
    }

    /// Filters beside plain loops over sets.
    @Test(arguments: 0..<30) func `filters leave what plain loops leave`(seed: UInt32) throws {
        var stream = RandomStream(seed: 2, purpose: .synthesis, iteration: 0, element: seed)
        let count = 20 + Int(stream.next(below: 200))
        let users = (0..<count).map { _ in Int32(1 + stream.next(below: 12)) }
        let items = (0..<count).map { _ in Int32(1 + stream.next(below: 9)) }
        let times = (0..<count).map { _ in Int64(stream.next(below: 30)) }
        var filter = EventFilter(users: users, items: items, times: times, userCount: 12, itemCount: 9)
        var left = Array(0..<count).sorted { (times[$0], $0) < (times[$1], $1) }
        func check(_ step: String) {
            #expect((0..<count).filter { filter.isKept[$0] } == left.sorted(), "\(step)")
            #expect(filter.count == left.count, "\(step)")
        }
        var seen: Set<[Int64]> = []
        left = left.filter { seen.insert([Int64(users[$0]), Int64(items[$0]), times[$0]]).inserted }
        filter.removeExactRepeats()
        check("exact repeats")
        if seed % 3 > 0 {
            seen = []
            if seed % 3 == 2 { left.reverse() }
            left = left.filter { seen.insert([Int64(users[$0]), Int64(items[$0])]).inserted }
            if seed % 3 == 2 { left.reverse() }
            filter.removeRepeatedItems(seed % 3 == 1 ? .keepFirst : .keepLast)
            check("repeats")
        }
        let most = 5 + Int(stream.next(below: 12))
        left = left.filter { row in left.count { users[$0] == users[row] } <= most }
        filter.removeUsers(above: most)
        check("bots")
        let (leastOfUser, leastOfItem) = (1 + Int(stream.next(below: 5)), 1 + Int(stream.next(below: 7)))
        while true {
            let before = left.count
            left = left.filter { row in left.count { users[$0] == users[row] } >= leastOfUser }
            left = left.filter { row in left.count { items[$0] == items[row] } >= leastOfItem }
            if left.count == before { break }
        }
        _ = filter.removeOutsideCore(users: leastOfUser, items: leastOfItem)
        check("core")
    }

    @Test(arguments: [
        (["--events": "buy"], "no event is left after --events buy, of 3 before it\nthe kinds are view (3)"),
        (
            ["--min-rating": "9"],
            "no event is left after --min-rating 9.0, of 3 before it\nthe ratings go from 1.0 to 5.0"
        ),
        (
            ["--from": "2025-01-01"],
            "no event is left after --from 2025-01-01, of 3 before it\nthe times go from 2024-01-01 00:00:00 to 2024-01-03 00:00:00"
        ),
        (
            ["--max-user-events": "1"],
            "no event is left after --max-user-events 1, of 3 before it\nevery user has more than 1 event:"
        ),
        (["--core-users": "9"], "no event is left after --core-users 9 --core-items 1, of 3 before it\ntoo few events"),
    ]) func `an empty result names the filter that emptied it`(options: [String: String], message: String) throws {
        let text = "user,item,time,event,rating\na,x,2024-01-01,view,5\na,y,2024-01-02,view,1\na,z,2024-01-03,view,3\n"
        let error = #expect(throws: DatasetError.self) {
            _ = try convert(text) { values in
                for field in ConversionOptions.fields {
                    if let text = options["--\(field.name)"] { _ = field.set(text, in: &values) }
                }
            }
        }
        #expect(error?.kind == .invalid)
        #expect(error?.description.contains(message) == true, "\(String(describing: error))")
    }

    @Test(arguments: [
        ("a 1\na 2\nb 1\n", "--split leave-one-out leaves no event for test"),
        ("", "is empty"),
    ]) func `a split that leaves nothing is refused`(text: String, message: String) throws {
        let error = #expect(throws: DatasetError.self) { _ = try convert(text, name: "a.txt") }
        #expect(error?.description.contains(message) == true, "\(String(describing: error))")
    }

    @Test func `a filter of what the log does not have is refused`() throws {
        for change in [
            { $0.events = "view" }, { $0.minimalRating = 3 }, { $0.from = "2024-01-01" }, { $0.split = .temporal },
            { $0.devFrom = "50%" },
        ] as [@Sendable (inout ConversionOptions) -> Void] {
            let error = #expect(throws: DatasetError.self) { _ = try convert("a 1\na 2\na 3\n", name: "a.txt", change) }
            #expect(error?.kind == .configuration, "\(String(describing: error))")
        }
    }

    @Test func `a kind of event that never comes is told with the one that was perhaps meant`() throws {
        let text = "user,item,time,event\n" + (0..<3).map { "a,\($0)x,2024-01-0\($0 + 1),purchase\n" }.joined()
        let conversion = try convert(text) { $0.events = "purchase,veiw" }
        #expect(conversion.warnings == ["no event is of the kind veiw\nthe kinds are purchase (3)"])
    }
}
