import FileIO
import Reporting

extension DataInspection {
    /// All of it for people.
    public var text: String {
        var result = findings.map {
            "\($0.file.printable(limit: 2_000)): \($0.reader); \($0.texts.joined(separator: "; "))\n"
        }.joined()
        result += counts.text + "\n" + distributions.text
        let concerns = concerns
        result += concerns.isEmpty ? "\nnothing looks wrong\n" : "\nlook at:\n"
        for concern in concerns { result += "- \(concern.observation)\n  \(concern.advice)\n" }
        return result.printableLines
    }

    private func percent(_ share: Double) -> String {
        // A sparse data set has a density of some hundredths of a percent.
        NumberText.significant(100 * share, digits: 3) + " %"
    }

    private var counts: Table {
        var table = Table([.text("what"), .number("value")])
        func add(_ name: String, _ value: String) { table.addRow([name, value]) }
        let events = max(1, statistics.events)
        add("events", NumberText.grouped(statistics.events))
        if let parts {
            add("train", NumberText.grouped(parts.train))
            add("dev", NumberText.grouped(parts.dev))
            add("test", NumberText.grouped(parts.test))
        }
        if let negativesPerRow { add("negatives of a dev or test row", NumberText.grouped(negativesPerRow)) }
        add("users", NumberText.grouped(statistics.users))
        add("items", NumberText.grouped(statistics.items))
        add("density", percent(statistics.density))
        add("events of the most popular 1 % of the items", percent(statistics.shareOfTopHundredth))
        add("events of the most popular 10 % of the items", percent(statistics.shareOfTopTenth))
        add("events that repeat an item of their user", percent(Double(statistics.repeats) / Double(events)))
        if let span = statistics.span {
            add("exact repeats", NumberText.grouped(statistics.exactRepeats))
            add("first time", text(ofTime: span.lowerBound))
            add("last time", text(ofTime: span.upperBound))
            add("events with the time of the one before", percent(Double(statistics.ties) / Double(events)))
            // The parts of a data set stand one behind the other.
            if parts == nil {
                add("events that stand behind a later one of their user", NumberText.grouped(statistics.outOfOrder))
            }
        }
        add("users with fewer than 3 events", NumberText.grouped(statistics.usersBelowThree))
        add("items with 1 event", NumberText.grouped(statistics.itemsWithOne))
        if let coldRows { add("dev and test rows whose item train lacks", NumberText.grouped(coldRows)) }
        return table
    }

    private static let quantileNames = ["least", "25 %", "50 %", "75 %", "90 %", "99 %", "most"]

    private var distributions: Table {
        var table = Table([.text("events of")] + Self.quantileNames.map { .number($0) } + [.number("mean")])
        for (name, quantiles) in [("a user", statistics.historyLengths), ("an item", statistics.popularity)] {
            table.addRow(
                [name] + quantiles.values.map(NumberText.grouped) + [NumberText.fixed(quantiles.mean, decimals: 1)])
        }
        return table
    }

    /// All of it for programs.
    public var json: JSONValue {
        func entries(_ list: [(name: String, events: Int)]) -> JSONValue {
            .array(list.map { ["id": .string($0.name), "events": .integer($0.events)] })
        }
        func object(_ quantiles: EventStatistics.Quantiles) -> JSONValue {
            let names = ["min", "q25", "q50", "q75", "q90", "q99", "max"]
            return .object(
                zip(names, quantiles.values).map { .init($0, .integer($1)) } + [.init("mean", .number(quantiles.mean))])
        }
        return [
            "source": .string(source),
            "files": .array(
                findings.map {
                    [
                        "file": .string($0.file), "reader": .string($0.reader),
                        "found": .array($0.texts.map { .string($0) }),
                    ]
                }),
            "events": .integer(statistics.events), "users": .integer(statistics.users),
            "items": .integer(statistics.items),
            "parts": parts.map {
                ["train": .integer($0.train), "dev": .integer($0.dev), "test": .integer($0.test)]
            } ?? .null,
            "negatives_per_row": negativesPerRow.map { .integer($0) } ?? .null,
            "density": .number(statistics.density), "history_lengths": object(statistics.historyLengths),
            "popularity": object(statistics.popularity),
            "share_of_top_1_percent": .number(statistics.shareOfTopHundredth),
            "share_of_top_10_percent": .number(statistics.shareOfTopTenth),
            "repeats": .integer(statistics.repeats), "exact_repeats": .integer(statistics.exactRepeats),
            "times": statistics.span.map { span in
                [
                    "first": .integer(Int(span.lowerBound)), "last": .integer(Int(span.upperBound)),
                    "first_text": .string(text(ofTime: span.lowerBound)),
                    "last_text": .string(text(ofTime: span.upperBound)),
                    "unit": timeFormat.map { .string($0.notation == .order ? "order" : $0.resolution.rawValue) }
                        ?? .null,
                    "ties": .integer(statistics.ties), "out_of_order": .integer(statistics.outOfOrder),
                ]
            } ?? .null,
            "users_below_3_events": .integer(statistics.usersBelowThree),
            "items_with_1_event": .integer(statistics.itemsWithOne),
            "cold_rows": coldRows.map { .integer($0) } ?? .null,
            "kinds": .object(kinds.map { .init($0.name, .integer($0.count)) }),
            "ratings": ratings.map {
                [
                    "count": .integer($0.count), "mean": .number($0.mean), "min": .number($0.least),
                    "max": .number($0.most),
                ]
            } ?? .null,
            "longest_users": entries(longestUsers), "most_popular_items": entries(popularItems),
            "concerns": .array(
                concerns.map { ["observation": .string($0.observation), "advice": .string($0.advice)] }),
            "warnings": .array(warnings.map { .string($0) }),
        ]
    }
}
