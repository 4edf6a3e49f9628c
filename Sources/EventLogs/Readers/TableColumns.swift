import FileIO
import Interactions

/// Finds the columns of a table: those that are named, by name or number, and those whose names tell it.
struct TableColumns {
    /// What stands for no column.
    static let none = "none"

    let log: LogBeginning
    /// The names of the columns; nil without a header.
    let names: [String]?
    let width: Int
    let request: LogRequest

    func layout() throws(DatasetError) -> ColumnLayout {
        var columns: [ColumnRole: Int] = [:]
        for role in ColumnRole.allCases {
            let asked = asked(role)
            guard asked != Self.none || names?.contains(Self.none) ?? false else { continue }
            columns[role] = if let asked { try column(asked, role) } else { try found(role) }
        }
        guard let user = columns[.user] else { throw missing(.user) }
        guard let item = columns[.item] else { throw missing(.item) }
        for role in ColumnRole.allCases {
            for other in ColumnRole.allCases where other != role && columns[role] != nil {
                guard columns[role] != columns[other] else {
                    throw DatasetError(
                        .configuration, file: log.path,
                        problem: "one column is both \(role.text) and \(other.text)",
                        recoverySuggestion: "choose \(role.option) and \(other.option) from \(list)")
                }
            }
        }
        return ColumnLayout(
            user: user, item: item, time: columns[.time], kind: columns[.kind], rating: columns[.rating], width: width)
    }

    private func asked(_ role: ColumnRole) -> String? {
        switch role {
        case .user: request.userColumn
        case .item: request.itemColumn
        case .time: request.timeColumn
        case .kind: request.kindColumn
        case .rating: request.ratingColumn
        }
    }

    /// The column that the user names.
    private func column(_ text: String, _ role: ColumnRole) throws(DatasetError) -> Int {
        if let names {
            let exact = names.indices.filter { names[$0] == text }
            let alike = exact.isEmpty ? names.indices.filter { names[$0].lowercased() == text.lowercased() } : exact
            guard alike.count < 2 else { throw twice(names[alike[0]]) }
            if let index = alike.first { return index }
        }
        if let number = Int(text), number >= 1, number <= width { return number - 1 }
        let likely = names?.nearest(to: text).map { "; did you mean \($0.printable(limit: 60))?" } ?? ""
        throw DatasetError(
            .configuration, file: log.path,
            problem: "there is no column \(text.printable(limit: 60)) (\(role.option))\(likely)",
            recoverySuggestion: "the columns are \(list)")
    }

    /// The column whose name tells the role; nil where none does.
    private func found(_ role: ColumnRole) throws(DatasetError) -> Int? {
        guard let names else { return nil }
        let taken = ColumnRole.allCases.compactMap { asked($0) }
        let found = names.indices.filter {
            ColumnRole.role(of: names[$0]) == role && !taken.contains(names[$0]) && !taken.contains("\($0 + 1)")
        }
        guard found.count > 1 else { return found.first }
        guard Set(found.map { names[$0] }).count > 1 else { throw twice(names[found[0]]) }
        let options = found.map { "\(role.option) \(names[$0].printable(limit: 60))" }.joined(separator: " or ")
        throw log.failure("which column is the \(role.text) is not clear", "choose \(options)")
    }

    private func twice(_ name: String) -> DatasetError {
        log.failure(
            "the header has the column \(name.printable(limit: 60)) twice",
            "rename one of them, or name the column by its number, from 1")
    }

    private func missing(_ role: ColumnRole) -> DatasetError {
        log.failure(
            "which column is the \(role.text) is not clear",
            "choose \(role.option) from \(list)\(names == nil ? "" : ", by name or number")")
    }

    /// The columns for messages.
    private var list: String {
        guard let names else { return "1 to \(width): there is no header" }
        let shown = names.prefix(20).map { $0.printable(limit: 40) }.joined(separator: ", ")
        return shown + (names.count > 20 ? " and \(names.count - 20) more" : "")
    }
}
