import EventLogs
import FileIO
import Interactions
import Testing

/// What is counted of logs and data sets, and what looks wrong.
@Suite struct InspectionTests {
    private func inspect(_ text: String, name: String = "a.csv") throws -> DataInspection {
        let folder = try LogFolder()
        return try DataInspection(files: [try folder.write(name, text)], log: LogOptions())
    }

    @Test func `counts are those of the log`() throws {
        let inspection = try inspect(
            """
            user,item,time
            a,x,1700000000
            a,y,1700000000
            a,x,1700000000
            a,x,1700000005
            b,x,1700000004
            b,z,1700000003
            c,x,1700000000

            """)
        let statistics = inspection.statistics
        #expect([statistics.events, statistics.users, statistics.items] == [7, 3, 3])
        #expect(statistics.density == 5.0 / 9)
        #expect([statistics.repeats, statistics.exactRepeats, statistics.ties, statistics.outOfOrder] == [2, 1, 2, 1])
        #expect(statistics.historyLengths.values == [1, 1, 2, 4, 4, 4, 4])
        #expect(statistics.historyLengths.mean == 7.0 / 3)
        #expect(statistics.popularity.values == [1, 1, 1, 5, 5, 5, 5])
        #expect(statistics.span == 1_700_000_000...1_700_000_005)
        #expect(statistics.usersBelowThree == 2 && statistics.itemsWithOne == 2)
        #expect(statistics.shareOfTopTenth == 5.0 / 7)
        #expect(
            inspection.text.contains(/first time +2023-11-14 22:13:20/),
            "\(inspection.text)")
    }

    @Test func `the result object is JSON with the same numbers`() throws {
        let inspection = try inspect("user,item,time,event,rating\na,x,2024-01-31,view,4\na,y,2024-01-31,buy,2\n")
        let json = try JSONValue(parsing: Array(inspection.json.pretty.utf8))
        #expect(json["events"] == 2 && json["users"] == 1)
        #expect(json["kinds"] == ["view": 1, "buy": 1])
        #expect(json["ratings"]?["mean"] == 3.0)
        #expect(json["times"]?["first_text"] == "2024-01-31 00:00:00")
        #expect(json["concerns"] != .array([]))
    }

    @Test(arguments: [
        ("pairs without times", "a.txt", "a 1\nb 2\n", "there are no times"),
        ("one time", "a.csv", "user,item,time\na,x,2024-01-01\nb,y,2024-01-01\n", "all events have the same time"),
        (
            "a time of the future", "a.csv", "user,item,time\na,x,2090-01-01\nb,y,2024-01-01\n",
            "times go from 2024-01-01 00:00:00 to 2090-01-01"
        ),
        (
            "several kinds", "a.csv", "user,item,time,event\na,x,2024-01-01,view\na,y,2024-01-02,buy\n",
            "several kinds of events: buy (1), view (1)"
        ),
        (
            "ratings", "a.csv", "user,item,time,rating\na,x,2024-01-01,1\na,y,2024-01-02,5\n",
            "ratings go from 1.0 to 5.0, 3.00 on average"
        ),
        ("a missing id", "a.csv", "user,item,time\nnull,x,2024-01-01\na,y,2024-01-02\n", "user null (1)"),
        (
            "short histories", "a.csv", "user,item,time\na,x,2024-01-01\n",
            "100.0 % of the users have fewer than three events"
        ),
    ]) func `what looks wrong is told with what to do`(
        name: String, file: String, text: String, observation: String
    ) throws {
        let concerns = try inspect(text, name: file).concerns
        #expect(concerns.contains { $0.observation.contains(observation) && !$0.advice.isEmpty }, "\(concerns)")
    }

    @Test func `a program among people is named`() throws {
        let people = (0..<300).map { user in
            (0..<4).map { "u\(user),i\($0 * 97 + user),17000\(10_000 + user)\n" }.joined()
        }.joined()
        let bot = (0..<3_000).map { "crawler,i\($0),170\(1_000_000 + $0)\n" }.joined()
        let concerns = try inspect("user,item,time\n" + people + bot).concerns
        #expect(
            concerns.contains {
                $0.observation.hasPrefix("user crawler has 3,000 events, 99 % of the users have at most 4")
                    && $0.advice.contains("--max-user-events 40")
            }, "\(concerns)")
    }

    @Test func `a data set is inspected with its parts`() throws {
        let folder = try LogFolder()
        try folder.write("a.txt", (0..<60).map { "\($0 / 5 + 1) \($0 * 7 % 13 + 1)\n" }.joined() + "1 99\n")
        let inspection = DataInspection(try InteractionDataset.load(folder: folder.path))
        #expect(inspection.parts! == (37, 12, 12))
        #expect(inspection.coldRows == 1)
        #expect(inspection.text.contains("dev and test rows whose item train lacks"))
    }
}
