import TrainerSupport

/// A small data set in ReChorus files, of which a test changes what it is about.
struct SmallTables: Sendable {
    static let users = 12
    static let items = 20

    var train = ["user_id\titem_id\ttime"]
    var dev = ["user_id\titem_id\ttime\tneg_items"]
    var test = ["user_id\titem_id\ttime\tneg_items"]
    /// Further files, by name.
    var others: [String: [String]] = [:]

    init() {
        for user in 1...Self.users {
            let items = (0..<6).map { (user + $0 * $0) % Self.items + 1 }
            for index in 0..<4 { train.append("\(user)\t\(items[index])\t\(index * 10)") }
            let rest = (1...Self.items).filter { !items.contains($0) }
            dev.append("\(user)\t\(items[4])\t40\t\(Array(rest.prefix(5)))")
            test.append("\(user)\t\(items[5])\t50\t\(Array(rest.suffix(5)))")
        }
    }

    /// Without the column of negatives.
    var withoutNegatives: SmallTables {
        var tables = self
        func cut(_ line: String) -> String { line.split(separator: "\t").prefix(3).joined(separator: "\t") }
        tables.dev = dev.map(cut)
        tables.test = test.map(cut)
        return tables
    }

    /// Writes the interactions of all three tables into the file `name`, a `user item` a line in the order of time.
    func writePairs(to workspace: Workspace, _ name: String) throws {
        let rows = (train.dropFirst() + dev.dropFirst() + test.dropFirst()).map {
            $0.split(separator: "\t").prefix(2).joined(separator: " ")
        }
        try workspace.write(name, rows.map { $0 + "\n" }.joined())
    }

    /// Writes the files into the folder `name`.
    func write(to workspace: Workspace, _ name: String) throws {
        var files = ["train.csv": train, "dev.csv": dev, "test.csv": test]
        files.merge(others) { $1 }
        for (file, lines) in files {
            try workspace.write(name + "/" + file, lines.map { $0 + "\n" }.joined())
        }
    }
}
