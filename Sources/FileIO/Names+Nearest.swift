extension Collection<String> {
    /// The name that is most like what was typed: fewest single-letter changes for its length, whatever the capitals; or
    /// one that begins with it.
    ///
    /// - Returns: nil where more than half of the letters of every name would have to change.
    package func nearest(to typed: String) -> String? {
        let typed = typed.lowercased()
        let likely = map { name in
            let isBeginning = typed.count > 2 && name.lowercased().hasPrefix(typed)
            let changes = isBeginning ? 1 : name.lowercased().changes(to: typed)
            return (name: name, unlikeness: Double(changes) / Double(Swift.max(name.count, typed.count, 1)))
        }.min { $0.unlikeness < $1.unlikeness }
        return likely.flatMap { $0.unlikeness <= 0.5 ? $0.name : nil }
    }
}

extension String {
    /// How many letters to add, leave out or replace. Two neighbours that changed places count as one change: that is
    /// how fingers slip.
    fileprivate func changes(to other: String) -> Int {
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
