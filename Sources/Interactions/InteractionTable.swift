/// Interactions as columns of equal length, in the order of the file.
public struct InteractionTable: Sendable {
    /// The file that they come from, for messages.
    public let file: String
    /// `[count]`: numbers of the users in a table of an ``InteractionDataset``; in one of which a data set is made,
    /// ids.
    public internal(set) var users: Column<Int32> = []
    /// `[count]`: numbers of the items, or ids, likewise.
    public internal(set) var items: Column<Int32> = []
    /// Seconds as a rule; when the format has no times, numbers that grow with the order in the file.
    public internal(set) var times: Column<Int64> = []
    /// `negativesPerRow` items a row, one row after the other; empty when the file lists no negatives.
    public internal(set) var negatives: Column<Int32> = []
    /// The number of negatives of every row; nil where the file lists none.
    public internal(set) var negativesPerRow: Int?

    /// The number of rows.
    public var count: Int { users.count }

    /// A table without rows.
    public init(file: String) { self.file = file }

    /// - Parameter negatives: none, or one list of the same length for every row.
    public init(
        file: String, users: [Int32], items: [Int32], times: [Int64], negatives: [[Int32]] = []
    ) throws(DatasetError) {
        self.file = file
        guard users.count == items.count, users.count == times.count,
            negatives.isEmpty || negatives.count == users.count
        else {
            throw DatasetError(
                .invalid, file: file,
                problem:
                    "\(users.count) users, \(items.count) items, \(times.count) times, \(negatives.count) negatives",
                recoverySuggestion: "every row needs one of each (or no row a list of negatives)")
        }
        let width = negatives.first?.count
        for row in users.indices {
            let list = negatives.isEmpty ? [] : negatives[row]
            guard users[row] > 0, items[row] > 0, list.allSatisfy({ $0 > 0 }) else {
                throw DatasetError(
                    .invalid, file: file, line: row + 1, problem: "an id is below 1",
                    recoverySuggestion: "ids count from 1: 0 stands for padding and cannot be used")
            }
            guard negatives.isEmpty || (list.count == width && !list.isEmpty) else {
                throw DatasetError(
                    .invalid, file: file, line: row + 1, problem: "\(list.count) negatives, \(width ?? 0) before",
                    recoverySuggestion: "every row must list the same number of negatives, at least one")
            }
            append(user: users[row], item: items[row], time: times[row])
            self.negatives.append(contentsOf: list)
        }
        negativesPerRow = width
    }

    /// Columns as they are; ``InteractionDataset`` checks them when it is made of them.
    ///
    /// - Parameters:
    ///   - negatives: `negativesPerRow` items a row, one row after the other.
    ///   - negativesPerRow: nil where there are none.
    public init(
        file: String, users: [Int32], items: [Int32], times: [Int64], negatives: [Int32], negativesPerRow: Int?
    ) {
        self.init(
            file: file, users: Column(users), items: Column(items), times: Column(times), negatives: Column(negatives),
            negativesPerRow: negativesPerRow)
    }

    init(
        file: String, users: Column<Int32>, items: Column<Int32>, times: Column<Int64>, negatives: Column<Int32>,
        negativesPerRow: Int?
    ) {
        self.file = file
        self.users = users
        self.items = items
        self.times = times
        self.negatives = negatives
        self.negativesPerRow = negativesPerRow
    }

    @inline(__always)
    mutating func append(user: Int32, item: Int32, time: Int64) {
        users.append(user)
        items.append(item)
        times.append(time)
    }

    /// Replaces ids by their numbers.
    func numbered(
        _ users: inout IdNumbering, _ items: inout IdNumbering
    ) throws(DatasetError) -> InteractionTable {
        func numbers(
            _ ids: Column<Int32>, _ name: String, perRow: Int = 1, _ numbering: inout IdNumbering
        ) throws(DatasetError) -> Column<Int32> {
            var numbers: [Int32] = []
            numbers.reserveCapacity(ids.count)
            for (index, id) in ids.enumerated() {
                guard let number = numbering.number(of: Int64(id)) else {
                    let (problem, recoverySuggestion) = numbering.refusal(of: Int64(id), name)
                    throw DatasetError(
                        .invalid, file: file, line: index / perRow + 1, problem: problem,
                        recoverySuggestion: recoverySuggestion)
                }
                numbers.append(number)
            }
            return Column(numbers)
        }
        var table = self
        table.users = try numbers(self.users, "the user", &users)
        table.items = try numbers(self.items, "the item", &items)
        table.negatives = try numbers(negatives, "a negative", perRow: negativesPerRow ?? 1, &items)
        return table
    }

    /// Replaces numbers by others.
    ///
    /// - Parameter users, items: the new number of each; nil: they stay.
    mutating func renumber(users newUsers: [Int32]?, items newItems: [Int32]?) {
        func replace(_ column: inout Column<Int32>, by numbers: [Int32]?) {
            guard let numbers else { return }
            column = Column(column.map { numbers[Int($0)] })
        }
        replace(&users, by: newUsers)
        replace(&items, by: newItems)
        replace(&negatives, by: newItems)
    }
}
