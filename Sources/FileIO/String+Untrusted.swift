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
            if scalar.isObeyed {
                text += "\\u{" + String(scalar.value, radix: 16) + "}"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    /// The same for text of several lines, such as a message or a table that quotes names: line ends and tabs stay.
    package var printableLines: String {
        if unicodeScalars.allSatisfy({ !$0.isObeyed || $0 == "\n" || $0 == "\t" }) { return self }
        var text = ""
        for scalar in unicodeScalars {
            if scalar.isObeyed && scalar != "\n" && scalar != "\t" {
                text += String(scalar).printable()
            } else {
                text.unicodeScalars.append(scalar)
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

extension Unicode.Scalar {
    /// Whether a terminal may do something else than show it: a control character, one that changes the direction or
    /// the joining of others, a separator of lines, or none that is known.
    package var isObeyed: Bool {
        if 0x20..<0x7F ~= value { return false }
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: return true
        default: return false
        }
    }
}
