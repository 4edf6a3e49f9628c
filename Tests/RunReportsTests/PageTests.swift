import FileIO
import Foundation
import RunReports
import Testing
import TrainerSupport

/// What a page shows of runs.
@Suite struct PageTests {
    private func page(_ folders: [String]) throws -> ReadPage {
        let report = RunReport(folders: folders)
        #expect(report.refused.isEmpty, "\(report.refused)")
        return try ReadPage(report.html)
    }

    @Test func `runs that differ by the seed alone are a row with mean and deviation`() throws {
        let workspace = try Workspace()
        let tests = [0.18, 0.20, 0.25]
        let folders = try tests.enumerated().map { seed, value in
            try WrittenRun(seed: seed, test: value).write(to: workspace, "seed-\(seed)")
        }
        let page = try page(folders)
        let row = try #require(page.rows.first { $0.first == "ComiRec" && $0.count == 4 })
        // (0.18 + 0.20 + 0.25) / 3, and the root of (0.03² + 0.01² + 0.04²) / 2.
        #expect(row == ["ComiRec", "3", "0.3150 ± 0.0541", "0.2100 ± 0.0361"])
        #expect(page.rows.contains(["ranking by popularity", "–", "0.0900", "0.0625"]))
        #expect(page.all("polygon").count == 3, "a band for the loss and for each metric")
        #expect(page.elements.contains { $0.text == "The 3 runs differ in nothing but the seed." })
    }

    @Test func `a run of one seed has its values and no deviation`() throws {
        let workspace = try Workspace()
        let page = try page([try WrittenRun(test: 0.18).write(to: workspace, "run")])
        #expect(page.rows.contains(["ComiRec", "1", "0.2700", "0.1800"]))
        #expect(page.all("polygon").isEmpty)
    }

    @Test func `runs of other options are groups of their own, and the page tells in what they differ`() throws {
        let workspace = try Workspace()
        var folders: [String] = []
        for (name, rate) in [("a", "0.001"), ("b", "0.01")] {
            for seed in 0..<2 {
                let run = WrittenRun(options: [("lr", rate)], seed: seed, test: rate == "0.01" ? 0.3 : 0.2)
                folders.append(try run.write(to: workspace, "\(name)\(seed)"))
            }
        }
        let page = try page(folders)
        let own = page.rows.filter { $0.count == 4 && $0[1] == "2" }
        #expect(own.map { $0[0] } == ["A · lr 0.001", "B · lr 0.01"])
        #expect(page.rows.contains(["option", "A", "B"]) && page.rows.contains(["lr", "0.001", "0.01"]))
        #expect(!page.rows.contains { $0.first == "seed" || $0.first == "out" })
    }

    @Test func `a training that is there twice counts once`() throws {
        let workspace = try Workspace()
        let folders = try ["first", "again"].map { try WrittenRun().write(to: workspace, $0) }
        let page = try page(folders + [folders[0] + "/"])
        #expect(page.rows.contains(["ComiRec", "1", "0.2700", "0.1800"]))
        let note = try #require(page.all("li").first { $0.text.contains("repeats") })
        #expect(note.text.contains("same parameters in every bit"))
    }

    @Test func `a mean ends where the first of its runs does`() throws {
        let workspace = try Workspace()
        let long = try WrittenRun(seed: 0, dev: [0.1, 0.2, 0.3, 0.4]).write(to: workspace, "long")
        let short = try WrittenRun(seed: 1, dev: [0.2, 0.3]).write(to: workspace, "short")
        let titles = try page([long, short]).all("title").map(\.text)
        #expect(titles.contains("epoch 2: 0.2500") && !titles.contains { $0.hasPrefix("epoch 3: ") })
    }

    @Test func `runs of other data, or ranked otherwise, do not share a table`() throws {
        let workspace = try Workspace()
        let games = try WrittenRun().write(to: workspace, "games")
        let larger = try WrittenRun(users: 200).write(to: workspace, "larger")
        let books = try WrittenRun(dataset: "books").write(to: workspace, "books")
        let page = try page([games, larger, books])
        #expect(page.all("section").count == 3)
        #expect(page.rows.filter { $0.first == "ComiRec" && $0.count == 4 }.count == 3)
    }

    @Test func `interests and phases are shown where runs have them, and missed in a sentence where not`() throws {
        let workspace = try Workspace()
        let line: JSONValue = [
            "interests": [
                "shares": [0.75, 0.25], "entropy": 0.8113, "cosine": 0.3, "cosines": [[1, 0.3], [0.3, 1]],
            ],
            "phase_seconds": ["forward": 1, "backward": 2, "evaluation": 1],
        ]
        let with = try WrittenRun(more: [line, line, line]).write(to: workspace, "with")
        let texts = try page([with]).elements.map(\.text)
        for text in ["75 %", "25 %", "interests 1 and 2: 0.30", "6 s, 50 %", "epoch 2: 0.8113"] {
            #expect(texts.contains(text), "\(text)")
        }
        let without = try page([try WrittenRun().write(to: workspace, "without")]).elements.map(\.text)
        #expect(without.contains { $0.hasPrefix("The runs did not write it") })
        #expect(without.contains { $0.hasPrefix("The runs did not write how their time is divided") })
    }

    @Test func `a page needs nothing from elsewhere`() throws {
        let workspace = try Workspace()
        let report = RunReport(folders: [try WrittenRun().write(to: workspace, "run")])
        let page = try ReadPage(report.html)
        for element in page.elements {
            for name in ["src", "href", "action", "data", "poster", "xlink:href", "style", "onload"] {
                #expect(element.attributes[name] == nil, "\(element.name) \(name)")
            }
            #expect(!["script", "link", "img", "iframe", "object", "base"].contains(element.name))
        }
        for text in ["url(", "@import", "https:"] { #expect(!report.html.contains(text)) }
        #expect(report.html.matches(of: /http:/).count == 1, "the name of the language alone")
        for text in ["prefers-color-scheme: dark", "@media print", "width=device-width"] {
            #expect(report.html.contains(text))
        }
    }

    @Test func `each chart has a title and a description of its own`() throws {
        let workspace = try Workspace()
        let page = try page([try WrittenRun().write(to: workspace, "run")])
        let charts = page.all("svg").filter { $0.attributes["role"] == "img" }
        let identifiers = page.elements.compactMap { $0.attributes["id"] }
        #expect(charts.count >= 3 && Set(identifiers).count == identifiers.count)
        for chart in charts {
            let names = try #require(chart.attributes["aria-labelledby"]).split(separator: " ").map(String.init)
            #expect(names.count == 2 && names.allSatisfy(identifiers.contains))
        }
    }

    @Test(arguments: [
        "\"><script>alert(1)</script>", "</title><svg onload='x'>", "a & b <b>", "\"\u{301} onmouseover=x y=\"",
        "{{title}} {{{style}}}", "\u{202E}txt", "<\u{338}i>",
    ])
    func `text of a run is text in the page`(hostile: String) throws {
        let workspace = try Workspace()
        let run = WrittenRun(dataset: hostile, options: [("lr", hostile), ("odd-option", hostile)])
        let folders = [
            try run.write(to: workspace, "run"),
            try WrittenRun(dataset: hostile, options: [("lr", "0.1")]).write(to: workspace, "other <i>'\"& name"),
        ]
        let page = try page(folders)
        let elements: Set = ["script", "i", "b"]
        #expect(
            !page.elements.contains { elements.contains($0.name) || $0.attributes.keys.contains { $0.hasPrefix("on") } }
        )
        let heading = try #require(page.all("h1").first).text
        #expect(heading == "ComiRec on " + hostile.replacing("\u{202E}", with: "\\u{202e}"))
        #expect(page.rows.contains { $0.first?.hasSuffix("/other <i>'\"& name") == true })
    }
}
