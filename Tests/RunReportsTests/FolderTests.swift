import FileIO
import Foundation
import RunReports
import Testing
import TrainerSupport

/// Folders that are not finished runs.
@Suite struct FolderTests {
    private func message(_ folder: String) throws -> [String] {
        let report = RunReport(folders: [folder])
        #expect(report.isEmpty && report.refused.count == 1)
        return try #require(report.refused.first).description.split(separator: "\n").map(String.init)
    }

    @Test func `what is no run is refused with one message that says what to do`() throws {
        let workspace = try Workspace()
        #expect(try message(workspace("nothing"))[0].hasSuffix("nothing: there is no such folder"))
        try workspace.write("file", "text")
        #expect(try message(workspace("file"))[0].hasSuffix("file: it is no folder"))
        try workspace.write("photos/one.jpg", "text")
        #expect(try message(workspace("photos"))[0].contains("is not the folder of a run"))
        try WrittenRun().write(to: workspace, "runs/one")
        #expect(try message(workspace("runs"))[1].hasSuffix("runs/*"))
    }

    @Test(arguments: [
        ("config.yaml", "model: \"open\n", "config.yaml:1: "),
        ("metrics.jsonl", "{\"epoch\": 1}\n{]\n", "metrics.jsonl:2: "),
        ("metrics.jsonl", "{\"epoch\": 2}\n{\"epoch\": 1}\n", "metrics.jsonl:2: "),
        ("result.json", "{\"model\"", "result.json: byte "),
        ("result.json", "{}", "result.json: "), ("metrics.jsonl", "[]\n", "metrics.jsonl:1: "),
    ])
    func `a file that is broken is named with the place`(file: String, content: String, place: String) throws {
        let workspace = try Workspace()
        let run = try WrittenRun().write(to: workspace, "run")
        try workspace.write("run/" + file, content)
        let lines = try message(run)
        #expect(lines.count == 2 && lines[0].contains(place), "\(lines)")
    }

    @Test func `half a line at the end is that of a training that was killed`() throws {
        let workspace = try Workspace()
        let run = try WrittenRun(test: nil).write(to: workspace, "run")
        let text = try String(contentsOfFile: run + "/metrics.jsonl", encoding: .utf8)
        try workspace.write("run/metrics.jsonl", text + "{\"epoch\": 4, \"tr")
        let page = try ReadPage(RunReport(folders: [run]).html)
        #expect(page.rows.contains { $0.contains("stopped, without a checkpoint") && $0.contains("3") })
    }

    @Test func `a broken run does not keep a good one from the page, which names it`() throws {
        let workspace = try Workspace()
        let good = try WrittenRun().write(to: workspace, "good")
        let report = RunReport(folders: [workspace("missing <b>"), good])
        #expect(report.count == 1 && report.refused.count == 1)
        #expect(
            try ReadPage(report.html).all("li").contains { $0.text.hasSuffix("missing <b>: there is no such folder") })
    }

    @Test func `a run is in progress as long as its process shows signs of life`() throws {
        let workspace = try Workspace()
        let run = try WrittenRun(test: nil).write(to: workspace, "run")
        // Of another machine, so that only the age of the beat can tell.
        try workspace.write("run/attempt", "1 elsewhere 4711 IDENTITY - - -\n")
        try workspace.write("run/heartbeat", "IDENTITY 3 evaluating 30   \n")
        func state() throws -> [String] {
            try ReadPage(RunReport(folders: [run]).html).rows.flatMap(\.self)
        }
        #expect(try state().contains("in progress: evaluates after step 30"))
        let past = Date().addingTimeInterval(-60)
        try FileManager.default.setAttributes([.modificationDate: past], ofItemAtPath: run + "/heartbeat")
        #expect(try state().contains("stopped, without a checkpoint"))
        try workspace.write("run/checkpoints/step-0000000030.safetensors", "")
        #expect(try state().contains("stopped, with a checkpoint of step 30"))
    }

    @Test func `a training that stopped before its first epoch ended has nothing to show`() throws {
        let workspace = try Workspace()
        let run = try WrittenRun(dev: [], test: nil).write(to: workspace, "run")
        #expect(try message(run)[0].hasSuffix("the training stopped before the end of its first epoch"))
    }

    @Test func `a page replaces a page and nothing else`() throws {
        let workspace = try Workspace()
        let report = RunReport(folders: [try WrittenRun().write(to: workspace, "run")])
        let page = workspace("report.html")
        try report.write(to: page)
        try report.write(to: page)
        #expect(try String(contentsOfFile: page, encoding: .utf8) == report.html)
        try workspace.write("thesis.html", "<html>mine</html>")
        #expect(throws: RunReportError.self) { try report.write(to: workspace("thesis.html")) }
        #expect(try String(contentsOfFile: workspace("thesis.html"), encoding: .utf8) == "<html>mine</html>")
        #expect(throws: FileError.self) { try report.write(to: workspace("no/such/folder.html")) }
    }
}
