import FileIO
import Training

/// What the groups of a set are called: a letter for charts, and what tells each from the others.
struct GroupNames {
    /// Of one group: its letter (empty where there is one alone), its words and what is set apart in it.
    struct Name {
        let letter: String
        let text: String
        let style: Int
        /// A piece of the line that it has in the charts.
        var sample: String { SeriesStyle.sample(style) }
        /// Letter and words.
        var full: String { letter.isEmpty ? text : "\(letter) · \(text)" }
    }

    /// In the order of the groups.
    let names: [Name]
    /// The options that are not the same in all groups, with the value of each group; empty for one group.
    let differences: [(option: String, values: [String])]

    /// - Parameter groups: of one set.
    init(_ groups: [RunGroup]) {
        let options = groups.map { group in
            Dictionary(group.options.map { ($0.name, $0.value ?? "") }) { first, _ in first }
        }
        let order = groups.flatMap { $0.options.map(\.name) }.reduce(into: [String]()) {
            if !$0.contains($1) { $0.append($1) }
        }
        let differing = order.filter { name in Set(options.map { $0[name] }).count > 1 }
        differences = differing.map { name in (name, options.map { $0[name] ?? "–" }) }
        let models = Set(groups.map(\.model))
        names = groups.indices.map { index in
            let own = differing.filter { $0 != "model" && $0 != "dataset" && $0 != "stage" }
            // Another model has other options: those that all have and set differently say more.
            let shared = own.filter { name in options.allSatisfy { $0[name] != nil } }
            let told = (models.count > 1 ? shared : own).prefix(4).map { name in
                "\(name) \(options[index][name] ?? "–")"
            }
            let rest = (models.count > 1 ? shared : own).count - told.count
            let words =
                (models.count > 1 || told.isEmpty ? [groups[index].model] : []) + told
                + (rest > 0 ? ["\(rest) more"] : [])
            return Name(
                letter: groups.count > 1 ? Self.letter(index) : "",
                text: words.joined(separator: ", ").printable(limit: 120), style: index)
        }
    }

    /// A to Z, then AA and so on.
    private static func letter(_ index: Int) -> String {
        let last = String(UnicodeScalar(UInt8(65 + index % 26)))
        return index < 26 ? last : letter(index / 26 - 1) + last
    }
}
