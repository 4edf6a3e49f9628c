extension String {
    /// Text from a file of unknown origin as a message may quote it: on one line, without anything that a terminal
    /// would obey, and cut after `limit` characters.
    ///
    /// Control characters, those that only change the direction or joining of others, and line separators become
    /// `\u{1b}` and the like.
    package func printable(limit: Int = 400) -> String {
        var text = ""
        for (index, scalar) in unicodeScalars.enumerated() {
            if index == limit { return text + "..." }
            if 0x20..<0x7F ~= scalar.value {
                text.unicodeScalars.append(scalar)
                continue
            }
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
                text += "\\u{" + String(scalar.value, radix: 16) + "}"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    /// Whether at most 30 combining marks follow each other (the Stream-Safe Text Format of Unicode Standard Annex
    /// #15, counted in scalars).
    ///
    /// To compare, hash or split a string takes time with the square of the longest such run: some 100 KB of marks stop
    /// a program for seconds, and 10 MB for a day.
    package var isStreamSafe: Bool {
        var run = 0
        for scalar in unicodeScalars {
            // There is no mark below U+0300.
            if scalar.value < 0x300 || scalar.properties.canonicalCombiningClass == .notReordered {
                run = 0
            } else {
                run += 1
                if run > 30 { return false }
            }
        }
        return true
    }
}
