/// What a terminal of a given width shows after the characters that a program sent.
///
/// Knows what a status line needs: carriage return, line feed, erasing to the end of the line, colours.
struct Screen {
    let width: Int
    private(set) var lines: [[Character]] = [[]]
    private(set) var column = 0
    /// How often a character had to go to the next line because the line was full.
    private(set) var wraps = 0
    /// How often the line was erased.
    private(set) var erasures = 0
    /// The longest that any line ever was.
    private(set) var longest = 0
    private(set) var hasColors = false

    init(width: Int) { self.width = width }

    /// The lines with the cursor's line as the last.
    var text: [String] { lines.map { String($0) } }

    mutating func receive(_ text: String) {
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\r": column = 0
            case "\n": lines.append([])
            case "\u{1B}": escape(&rest)
            default: show(Character(scalar))
            }
        }
    }

    private mutating func show(_ character: Character) {
        if column == width {
            wraps += 1
            lines.append([])
            column = 0
        }
        let last = lines.count - 1
        if column < lines[last].count {
            lines[last][column] = character
        } else {
            lines[last].append(contentsOf: repeatElement(" ", count: column - lines[last].count))
            lines[last].append(character)
        }
        column += 1
        longest = max(longest, lines[last].count)
    }

    private mutating func escape(_ rest: inout Substring.UnicodeScalarView) {
        guard rest.popFirst() == "[" else { return }
        while let scalar = rest.popFirst() {
            switch scalar {
            case "K":
                erasures += 1
                lines[lines.count - 1].removeSubrange(min(column, lines[lines.count - 1].count)...)
                return
            case "m":
                hasColors = true
                return
            case "0"..."9", ";": continue
            default: return
            }
        }
    }
}
