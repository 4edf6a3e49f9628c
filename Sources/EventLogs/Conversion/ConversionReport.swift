import FileIO
import Interactions
import Reporting

extension Conversion {
    /// What was found out about the files, one line each.
    public var findingLines: [String] {
        findings.map { finding in
            "\(finding.file.printable(limit: 2_000)): \(finding.reader); " + finding.texts.joined(separator: "; ")
        }
    }

    /// How fast the files were read: `4,463 events read in 0.01 s (0.01 s of a core), 446,300 a second`; nil for a data set.
    public var speed: String? {
        guard let (elapsed, computing) = readingSeconds, let events = steps.first?.events else { return nil }
        return "\(NumberText.counted(events, "events")) read in \(NumberText.fixed(elapsed, decimals: 2)) s "
            + "(\(NumberText.fixed(computing, decimals: 2)) s of a core), "
            + "\(NumberText.grouped(Int(Double(events) / max(elapsed, 1e-6)))) a second"
    }

    /// The counts of all steps, for people.
    public var table: Table {
        var table = Table([
            .text("step"), .number("removed"), .number("events"), .number("users"), .number("items"),
        ])
        func shown(_ count: Int?) -> String { count.map(NumberText.grouped) ?? "" }
        for step in steps {
            table.addRow([
                step.name, step.name == "read" ? "" : shown(step.removed), shown(step.events), shown(step.users),
                shown(step.items),
            ])
        }
        for (name, part) in parts {
            table.addRow([
                name, "", shown(part.count), shown(Self.distinct(part.users, of: dataset.userCount)),
                shown(Self.distinct(part.items, of: dataset.itemCount)),
            ])
        }
        return table
    }

    private static func distinct(_ numbers: some Sequence<Int32>, of count: Int) -> Int {
        var occurs = [Bool](repeating: false, count: count + 1)
        for number in numbers { occurs[Int(number)] = true }
        return occurs.count { $0 }
    }

    private var parts: [(name: String, table: InteractionTable)] {
        [("train", dataset.train), ("dev", dataset.dev), ("test", dataset.test)]
    }

    /// `conversion.json`: the files and what was found out about them, the options, the steps and what came of them.
    ///
    /// - Parameter options: all options by their names, those of the files and of the conversion.
    public func report(options: [(name: String, value: String?)]) -> JSONValue {
        func optional(_ count: Int?) -> JSONValue { count.map { .integer($0) } ?? .null }
        return [
            "format_version": 1,
            "files": .array(
                findings.map { finding in
                    [
                        "file": .string(finding.file), "reader": .string(finding.reader),
                        "found": .array(finding.texts.map { .string($0) }),
                    ]
                }),
            "options": .object(options.map { .init($0.name, $0.value.map { .string($0) } ?? .null) }),
            "steps": .array(
                steps.map { step in
                    [
                        "step": .string(step.name), "setting": .string(step.setting), "removed": .integer(step.removed),
                        "events": .integer(step.events), "users": optional(step.users), "items": optional(step.items),
                    ]
                }),
            "times": [
                "format": timeFormat.map { .string($0.notation.rawValue) } ?? .null,
                "unit": timeFormat.map { .string($0.notation == .order ? "order" : $0.resolution.rawValue) } ?? .null,
                "dev_from": splitTimes.map { .integer(Int($0.dev)) } ?? .null,
                "test_from": splitTimes.map { .integer(Int($0.test)) } ?? .null,
            ],
            "users": .integer(dataset.userCount), "items": .integer(dataset.itemCount),
            "train": .integer(dataset.train.count), "dev": .integer(dataset.dev.count),
            "test": .integer(dataset.test.count), "warnings": .array(warnings.map { .string($0) }),
        ]
    }
}
