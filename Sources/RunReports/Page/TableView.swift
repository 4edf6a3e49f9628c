/// A table of the page, as the template shows it.
struct TableView {
    /// What the table is about, above it; one or none.
    let captions: [String]
    /// The first column names what a row is about, the others are numbers unless they say otherwise.
    let head: [Head]
    let rows: [Row]

    /// - Parameter caption: empty: none.
    init(caption: String = "", head: [String], rows: [Row]) {
        captions = caption.isEmpty ? [] : [caption]
        // A column is aligned as its first cell is.
        let kinds = ["text"] + (rows.first?.cells.map { $0.kind.hasPrefix("number") ? "number" : "text" } ?? [])
        self.head = head.enumerated().map { index, title in
            Head(name: title, alignment: index < kinds.count ? kinds[index] : "number")
        }
        self.rows = rows
    }

    struct Head {
        let name: String
        let alignment: String
    }

    struct Row {
        /// What the row is about.
        let title: Cell
        let cells: [Cell]
    }

    struct Cell {
        let text: String
        /// The number with all its digits, for who copies it; nil where the text is not one.
        private(set) var exact = ""
        private(set) var hasExact = false
        /// Classes of the style sheet.
        private(set) var kind = "number"
        /// A piece of the line of a chart before the text.
        private(set) var sample = ""
        /// What a narrow page leaves out, since the legend has it.
        private(set) var rest = ""

        /// Text.
        init(_ text: String, sample: String = "") { (self.text, self.sample, kind) = (text, sample, "text") }

        /// What a group is called.
        init(_ name: GroupNames.Name) {
            text = name.letter.isEmpty ? name.text : name.letter
            (kind, sample) = ("text", name.letter.isEmpty ? "" : name.sample)
            rest = name.letter.isEmpty ? "" : " · " + name.text
        }

        /// Paths and options: what a terminal shows.
        init(code: String) { (text, kind) = (code, "code") }

        /// A number that is shown by `text`.
        init(_ text: String, exact value: Double, isBest: Bool = false) {
            (self.text, exact, hasExact) = (text, "\(value)", true)
            if isBest { kind = "number best" }
        }

        /// A number that is not there.
        static let none = Cell(number: "–")

        /// A number as it stands.
        init(number: String) { text = number }
    }
}

/// A chart of the page with the words around it.
struct ChartView {
    let heading: String
    let svg: String

    init(_ heading: String, _ svg: String) { (self.heading, self.svg) = (heading, svg) }
}

/// Numbers the charts of a page: each must have a name of its own in it.
final class ChartNumbers {
    private var last = 0

    func next() -> String {
        last += 1
        return "chart-\(last)"
    }
}
