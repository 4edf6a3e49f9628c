extension Collection<String> {
    /// The name that is most like what was typed, whatever the capitals: fewest single-letter changes for the shorter of
    /// the two, fewer of them where both begin alike; or one that begins with what was typed, the shortest of these.
    ///
    /// - Returns: nil where more than half of the letters of every name would have to change.
    package func nearest(to typed: String) -> String? {
        let typed = typed.lowercased()
        let likely = map { name in (name: name, unlikeness: name.lowercased().unlikeness(to: typed)) }
            .min { $0.unlikeness < $1.unlikeness }
        return likely.flatMap { $0.unlikeness <= 0.5 ? $0.name : nil }
    }
}

extension String {
    /// From 0 for what was typed itself; above 0.5 where nobody can have meant it.
    fileprivate func unlikeness(to typed: String) -> Double {
        let shorter = Swift.min(count, typed.count)
        guard shorter > 0 else { return .infinity }
        // Half of what is missing: the beginning of a word is not mistyped.
        if typed.count > 2, hasPrefix(typed) { return 0.5 * (1 - Double(typed.count) / Double(count)) }
        // By the shorter one: a long name would otherwise have many letters to be wrong in.
        let part = Double(changes(to: typed)) / Double(shorter)
        let beginning = zip(self, typed).prefix { $0 == $1 }.count
        return part <= 0.5 ? part * (1 - 0.5 * Double(beginning) / Double(shorter)) : part
    }

    /// How many letters to add, leave out or replace. Two neighbours that changed places count as one change: that is
    /// how fingers slip.
    private func changes(to other: String) -> Int {
        let (a, b) = (Array(self), Array(other))
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var fewest = Swift.min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    fewest = Swift.min(fewest, beforeLast[j - 1] + 1)
                }
                row.append(fewest)
            }
            (beforeLast, last) = (last, row)
        }
        return last[b.count]
    }
}
