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

    /// The line above all others; nothing in JSON lines.
    var header: [UInt8] {
        switch format {
        case .tsv: Array("user\titem\trank\tscore\(namesInterests ? "\tinterest" : "")\n".utf8)
        case .csv: Array("user_id\trec_items\n".utf8)
        case .jsonl: []
        }
    }

    /// Adds the lines of a user of a data set.
    func append(_ user: Int32, _ found: FoundItems, _ range: Range<Int>, to text: inout [UInt8]) {
        guard let userIds else { return }
        switch format {
        case .tsv:
            let userText = Array(userIds.text(of: user).utf8)
            for place in range {
                text.append(contentsOf: userText)
                text.append(Self.tab)
                items.append(found.items[place], to: &text)
                text.append(Self.tab)
                ranks.append(Int32(truncatingIfNeeded: place - range.lowerBound + 1), to: &text)
                text.append(Self.tab)
                Self.append(found.scores[place], to: &text)
                if namesInterests {
                    text.append(Self.tab)
                    text.append(contentsOf: String(found.interests[place]).utf8)
                }
                text.append(Self.newline)
            }
        case .csv:
            text.append(contentsOf: userIds.text(of: user).utf8)
            text.append(Self.tab)
            appendList(range, separator: ", ", to: &text) { items.append(found.items[$0], to: &$1) }
            text.append(Self.newline)
        case .jsonl:
            text.append(contentsOf: "{\"user\":".utf8)
            text.append(contentsOf: userIds.json(of: user).compact.utf8)
            text.append(UInt8(ascii: ","))
            appendLists(found, range, to: &text)
            text.append(contentsOf: "}\n".utf8)
        }
    }

    /// Adds the members `items`, `scores` and, where they are wanted, `interests` of an object.
    func appendLists(_ found: FoundItems, _ range: Range<Int>, to text: inout [UInt8]) {
        text.append(contentsOf: "\"items\":".utf8)
        appendList(range, separator: ",", to: &text) { items.append(found.items[$0], to: &$1) }
        text.append(contentsOf: ",\"scores\":".utf8)
        appendList(range, separator: ",", to: &text) { Self.append(found.scores[$0], to: &$1) }
        guard namesInterests else { return }
        text.append(contentsOf: ",\"interests\":".utf8)
        appendList(range, separator: ",", to: &text) { $1.append(contentsOf: String(found.interests[$0]).utf8) }
    }

    private func appendList(
        _ range: Range<Int>, separator: String, to text: inout [UInt8], _ append: (Int, inout [UInt8]) -> Void
    ) {
        text.append(UInt8(ascii: "["))
        for place in range {
            if place > range.lowerBound { text.append(contentsOf: separator.utf8) }
            append(place, &text)
        }
        text.append(UInt8(ascii: "]"))
    }

    private static let tab = UInt8(ascii: "\t")
    private static let newline = UInt8(ascii: "\n")

    /// The fewest digits that read back as the same number, in a form that JSON has, too.
    private static func append(_ score: Float, to text: inout [UInt8]) {
        text.append(contentsOf: score.description.utf8)
    }

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

/// Texts of the numbers 1...count, one behind the other, so that to write one is to copy it.
private struct IdTexts {
    private var bytes: [UInt8] = []
    private var offsets: [Int] = [0]

    init(_ count: Int, _ text: (Int32) -> String) {
        offsets.reserveCapacity(count + 1)
        for number in 0..<count {
            bytes.append(contentsOf: text(Int32(number + 1)).utf8)
            offsets.append(bytes.count)
        }
    }

    @inline(__always)
    func append(_ number: Int32, to text: inout [UInt8]) {
        text.append(contentsOf: bytes[offsets[Int(number) - 1]..<offsets[Int(number)]])
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
