import FileIO
import Options

/// What the files of searches and comparisons have in common.
extension OptionTree {
    /// Refuses members of a group that nothing is called, naming the nearest one.
    func refuseUnknown(_ names: [String], in group: String) throws(OptionError) {
        for member in try requireMembers(of: group) where !names.contains(member.name) {
            let nearest = names.nearest(to: member.name).map { ", did you mean \($0)?" } ?? ""
            throw OptionError(
                line: member.line,
                reason: "there is no \(member.name) in \(group)\(nearest) (\(names.joined(separator: ", ")))")
        }
    }

    /// The members of a group.
    func requireMembers(of group: String) throws(OptionError) -> [Member] {
        guard let members else { throw OptionError(line: line, reason: "\(group) is no group of names with values") }
        return members
    }

    /// A word.
    func requireText(_ name: String) throws(OptionError) -> String {
        guard let text, !text.isEmpty else { throw OptionError(line: line, reason: "\(name) has no value") }
        return text
    }

    /// A whole number of a range.
    func requireInteger(_ name: String, in range: ClosedRange<Int>) throws(OptionError) -> Int {
        let text = try requireText(name)
        guard let value = Int(text), range.contains(value) else {
            throw OptionError(
                line: line,
                reason: "\(name) is \(text), not a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// Seeds of trainings: a list of them, each once, or one.
    func requireSeeds() throws(OptionError) -> [UInt64] {
        var seeds: [UInt64] = []
        for element in elements ?? [self] {
            let text = try element.requireText("seeds")
            guard let seed = UInt64(text) else {
                throw OptionError(line: element.line, reason: "seeds: \(text) is not a whole number from 0")
            }
            guard !seeds.contains(seed) else {
                throw OptionError(line: element.line, reason: "seeds: \(seed) is there twice")
            }
            seeds.append(seed)
        }
        guard !seeds.isEmpty else { throw OptionError(line: line, reason: "seeds is an empty list") }
        return seeds
    }

    /// The members of a group as options: `key: value` as in a file of options, a list for values with commas.
    func requireOptions(_ group: String) throws(OptionError) -> [OptionText.Entry] {
        if case .scalar(nil) = content { return [] }
        var entries: [OptionText.Entry] = []
        for member in try requireMembers(of: group) {
            guard let text = member.tree.optionText, !text.isEmpty else {
                throw OptionError(line: member.line, reason: "\(group): \(member.name) has no value, or more than one")
            }
            entries.append(OptionText.Entry(name: member.name, value: text, line: member.line))
        }
        return entries
    }
}

/// Options that the program that starts the trainings decides about.
enum DecidedOptions {
    /// Why each of them cannot stand in a file.
    private static let reasons = [
        "out": "each training gets a folder of its own in that of --out",
        "path": "each training gets a folder of its own in that of --out",
        "config": "write the options into one file", "resume": "all trainings can be resumed",
        "extend": "all trainings can be resumed", "overwrite": "no training is thrown away",
        "time-limit": "give --time-limit to the command itself", "json": "it is no option of a training",
        "quiet": "give it to the command itself", "test": "it is no option of a training",
        "seed": "write the seeds of the trainings as `seeds: [0, 1]`",
        "random-seed": "write the seeds of the trainings as `seeds: [0, 1]`",
    ]

    /// Refuses those that a file has.
    static func refuse(in entries: [OptionText.Entry], _ more: [String: String] = [:]) throws(OptionError) {
        for entry in entries {
            let name = entry.name.replacing("_", with: "-")
            guard let reason = reasons[name] ?? more[name] else { continue }
            throw OptionError(line: entry.line, reason: "\(entry.name) cannot be chosen here: \(reason)")
        }
    }
}
