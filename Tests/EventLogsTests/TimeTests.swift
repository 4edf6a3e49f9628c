import EventLogs
import Foundation
import Interactions
import Testing

/// Times are read as they are written: numbers of any unit, and ISO 8601.
@Suite struct TimeTests {
    private func times(_ fields: [String], as notation: TimeNotation? = nil) throws -> (String?, [Int64]) {
        let folder = try LogFolder()
        var request = LogRequest()
        request.timeNotation = notation
        let lines = fields.map { "u,i,\"\($0)\"\n" }.joined()
        let log = try EventLog(try folder.write("a.csv", "user,item,time\n" + lines), request: request)
        let format = log.timeFormat
        return (format.map { "\($0.notation.rawValue) \($0.resolution.rawValue)" }, log.events.times)
    }

    @Test(arguments: [
        ("2024-02-29", 1_709_164_800), ("2024-02-29T12:34", 1_709_210_040), ("2024-02-29 12:34:56", 1_709_210_096),
        ("2024-02-29T12:34:56Z", 1_709_210_096), ("2024-02-29T12:34:56+02:00", 1_709_202_896),
        ("2024-02-29T12:34:56-0330", 1_709_222_696), ("2024-02-29T12:34:56 UTC", 1_709_210_096),
        ("20240229T123456", 1_709_210_096), ("2024/02/29", 1_709_164_800), ("2024/02/29 12:34:56", 1_709_210_096),
        ("2024-02-29T24:00:00Z", 1_709_251_200), ("1969-12-31T23:59:59Z", -1),
        ("2016-12-31T23:59:60Z", 1_483_228_800), ("0001-01-01", -62_135_596_800),
        ("2024-02-29T12:34:56.000Z", 1_709_210_096_000),
        ("2024-02-29 12:34:56,25", 1_709_210_096_250),
    ]) func `ISO 8601`(text: String, expected: Int64) throws {
        #expect(try times([text]).1 == [expected])
    }

    @Test func `a date is the one that Foundation makes of it`() throws {
        let formatter = ISO8601DateFormatter()
        let seconds = stride(from: -3_000_000_000, to: 5_000_000_000, by: 86_399 * 37).map { Double($0) }
        let texts = seconds.map { formatter.string(from: Date(timeIntervalSince1970: $0)) }
        #expect(try times(texts).1 == seconds.map { Int64($0) })
    }

    @Test(
        arguments: [
            (["1500000000"], "seconds seconds", [1_500_000_000]),
            (["1500000000.0", "1500000001"], "seconds seconds", [1_500_000_000, 1_500_000_001]),
            (["1500000000.25", "1500000001"], "seconds milliseconds", [1_500_000_000_250, 1_500_000_001_000]),
            (["1500000000123"], "milliseconds milliseconds", [1_500_000_000_123]),
            (["1500000000123456"], "microseconds microseconds", [1_500_000_000_123_456]),
            (["1500000000123456789"], "nanoseconds nanoseconds", [1_500_000_000_123_456_789]),
            (["0", "7", "12"], "order seconds", [0, 7, 12]),
        ] as [([String], String, [Int64])])
    func `the unit of numbers is found out`(fields: [String], format: String, expected: [Int64]) throws {
        let found = try times(fields)
        #expect(found.0 == format)
        #expect(found.1 == expected)
    }

    @Test(arguments: [
        (["20240131", "20240201"], "can be dates or numbers"),
        (["20240131123456"], "the unit of the times is not clear"),
        (["1500000000", "1500000000000"], "the unit of the times is not clear"),
        (["31/12/2024"], "the time is \"31/12/2024\""),
        (["2024-02-30"], "the time is \"2024-02-30\""), (["yesterday"], "the time is \"yesterday\""),
    ]) func `times that are not clear are refused with what to choose`(fields: [String], message: String) throws {
        let error = #expect(throws: DatasetError.self) { _ = try times(fields) }
        #expect(error?.problem.contains(message) == true, "\(String(describing: error))")
        #expect(error?.line == 2)
    }

    @Test func `a chosen form decides`() throws {
        #expect(try times(["20240131"], as: .iso).1 == [1_706_659_200])
        #expect(try times(["20240131"], as: .order).1 == [20_240_131])
    }

    @Test func `finer times further down are cut, and that is said`() throws {
        let folder = try LogFolder()
        let whole = String(repeating: "u,i,2024-01-31T00:00:00Z\n", count: 600)
        let log = try EventLog(try folder.write("a.csv", "user,item,time\n" + whole + "u,i,2024-01-31T00:00:00.750Z\n"))
        #expect(log.events.times.allSatisfy { $0 == 1_706_659_200 })
        #expect(
            log.warnings.count == 1 && log.warnings[0].contains("1 times are finer than seconds"), "\(log.warnings)")
    }
}
