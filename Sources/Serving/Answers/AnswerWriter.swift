import FileIO
import Interactions

/// Writes what was found as text, by the ids of the data.
struct AnswerWriter {
    let format: AnswerFormat
    let namesInterests: Bool
    private let userIds: Vocabulary?
    private let items: IdTexts
    private let ranks: IdTexts

    /// - Parameters:
    ///   - users: nil where users are not written by number.
    ///   - top: the most items of a user.
    /// - Throws: where an id cannot stand in a line of the format.
    init(
        _ format: AnswerFormat, items: Vocabulary, users: Vocabulary?, top: Int, namesInterests: Bool
    ) throws(ServingError) {
        self.format = format
        self.namesInterests = namesInterests
        userIds = users
        if format != .jsonl { try users?.requireFields("user", format) }
        if format == .tsv { try items.requireFields("item", format) }
        self.items = IdTexts(items.count) { [format] number in
            switch format {
            case .tsv: items.text(of: number)
            case .csv: items.isOfNumbers ? items.text(of: number) : Self.pythonText(items.text(of: number))
            case .jsonl: items.json(of: number).compact
            }
        }
        ranks = IdTexts(top) { String($0) }
    }

    /// Adds the line above all others.
    func appendHeader(to text: inout AnswerText) {
        switch format {
        case .tsv: text.append("user\titem\trank\tscore\(namesInterests ? "\tinterest" : "")\n")
        case .csv: text.append("user_id\trec_items\n")
        case .jsonl: break
        }
    }

    /// Adds the lines of a user of a data set.
    func append(_ user: Int32, _ found: FoundItems, _ range: Range<Int>, to text: inout AnswerText) {
        guard let userIds else { return }
        switch format {
        case .tsv: appendLines(of: userIds.text(of: user), found, range, to: &text)
        case .csv:
            text.append(userIds.text(of: user) + "\t")
            appendItems(found, range, separator: ", ", to: &text)
            text.append("\n")
        case .jsonl:
            text.append("{\"user\":\(userIds.json(of: user).compact),")
            appendMembers(found, range, to: &text)
            text.append("}\n")
        }
    }

    /// Adds the members `items`, `scores` and, where they are wanted, `interests` of an object.
    func appendMembers(_ found: FoundItems, _ range: Range<Int>, to text: inout AnswerText) {
        text.append("\"items\":")
        appendItems(found, range, separator: ",", to: &text)
        text.append(",\"scores\":")
        appendList(range, to: &text) { $0.append(found.scores[$1].description) }
        guard namesInterests else { return }
        text.append(",\"interests\":")
        appendList(range, to: &text) { $0.append(String(found.interests[$1])) }
    }

    /// A line for each item.
    private func appendLines(of user: String, _ found: FoundItems, _ range: Range<Int>, to text: inout AnswerText) {
        var user = user
        // A number has at most 11 digits with its sign, a score 15 characters.
        text.reserve(range.count * (user.utf8.count + items.longest + ranks.longest + 64))
        user.withUTF8 { user in
            items.withCopier { items in
                ranks.withCopier { ranks in
                    for index in range {
                        text.add(user)
                        text.add(Self.tab)
                        items.add(found.items[index], to: &text)
                        text.add(Self.tab)
                        ranks.add(Int32(truncatingIfNeeded: index - range.lowerBound + 1), to: &text)
                        text.add(Self.tab)
                        // The fewest digits that read back as the same number, in a form that JSON has, too.
                        text.append(found.scores[index].description)
                        if namesInterests { text.append("\t" + String(found.interests[index])) }
                        text.add(Self.newline)
                    }
                }
            }
        }
    }

    private func appendItems(
        _ found: FoundItems, _ range: Range<Int>, separator: String, to text: inout AnswerText
    ) {
        items.withCopier { copier in
            appendList(range, separator: separator, to: &text) { text, index in
                text.reserve(items.longest)
                copier.add(found.items[index], to: &text)
            }
        }
    }

    private func appendList(
        _ range: Range<Int>, separator: String = ",", to text: inout AnswerText,
        _ append: (inout AnswerText, Int) -> Void
    ) {
        text.append("[")
        for index in range {
            if index > range.lowerBound { text.append(separator) }
            append(&text, index)
        }
        text.append("]")
    }

    private static let tab = UInt8(ascii: "\t")
    private static let newline = UInt8(ascii: "\n")

    /// A string as Python writes it.
    private static func pythonText(_ id: String) -> String {
        var text = "'"
        for scalar in id.unicodeScalars {
            switch scalar {
            case "'", "\\": text += "\\" + String(scalar)
            case "\t": text += "\\t"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "'"
    }
}

extension Vocabulary {
    /// An id as JSON: a number where the ids are numbers.
    func json(of number: Int32) -> JSONValue {
        isOfNumbers ? .integer(Int(id(of: number))) : .string(text(of: number))
    }

    /// Throws where an id has characters that divide lines and columns.
    func requireFields(_ noun: String, _ format: AnswerFormat) throws(ServingError) {
        guard !isOfNumbers, count > 0 else { return }
        for number in 1...Int32(count) {
            let text = text(of: number)
            guard text.utf8.contains(where: { $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }) else { continue }
            throw ServingError(
                .usage, "the id of \(noun) \(text.printable(limit: 100)) has a TAB or a line end in it",
                recoverySuggestion: "it cannot stand in a line of \(format.rawValue): choose --format jsonl")
        }
    }
}
