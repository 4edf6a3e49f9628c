import FileIO
import FileSupport
import Forecasting
import Testing
import Training

/// A calibration in a file.
@Suite struct CalibrationFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func `what is written is read again`() throws {
        for calibration in [FormulaTests.calibration(), FormulaTests.calibration(ranks: 4, deviation: 0.3)] {
            let file = try folder.write(Array(calibration.json.pretty.utf8), to: "machine.json")
            #expect(try Calibration(readingFrom: file) == calibration)
        }
    }

    @Test(arguments: [
        ("", "unexpected end"), ("{}", "no format"), ("{\"format\": \"facet-calibration-1\"}", "no list"),
        ("[1", "expected"),
    ]) func `another content is refused with what is wrong`(text: String, problem: String) throws {
        let file = try folder.write(Array(text.utf8), to: "other.json")
        let error = #expect(throws: TrainingError.self) { try Calibration(readingFrom: file) }
        #expect(error?.kind == .data && error?.problem.contains(problem) == true, "\(error?.problem ?? "")")
    }

    @Test func `a number that no machine has is refused`() throws {
        for (key, value) in [("addition_bytes_per_second", "0"), ("ranks", "-1"), ("mean_history", "\"long\"")] {
            var json = FormulaTests.calibration().json
            json[key] = try JSONValue(parsing: value)
            let file = try folder.write(Array(json.pretty.utf8), to: "wrong.json")
            let error = #expect(throws: TrainingError.self) { try Calibration(readingFrom: file) }
            #expect(error?.problem.contains(key) == true)
        }
        #expect(throws: FileError.self) { try Calibration(readingFrom: folder.file("nothing")) }
    }
}
