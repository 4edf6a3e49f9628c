/// Interactions as columns of equal length, in the order of the file.
public struct InteractionTable: Sendable {
    /// The file that they come from, for messages.
    public let file: String
    public internal(set) var users: [Int32] = []
    public internal(set) var items: [Int32] = []
    /// Seconds as a rule; when the format has no times, numbers that grow with the order in the file.
    public internal(set) var times: [Int64] = []
    /// `negativesPerRow` items a row, one row after the other; empty when the file lists no negatives.
    public internal(set) var negatives: [Int32] = []
    public internal(set) var negativesPerRow: Int?

    /// The largest id of a column and the line that it was first seen in.
    struct Largest: Sendable, Codable {
        var id: Int32 = 0
        var line = 0

        @inline(__always)
        mutating func see(_ id: Int32, line: Int) {
            guard id > self.id else { return }
            self.id = id
            self.line = line
        }
    }

    var largestUser = Largest()
    /// Over the items and the negatives.
    var largestItem = Largest()

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
                remedy: "every row needs one of each (or no row a list of negatives)")
        }
        let width = negatives.first?.count
        for row in users.indices {
            let list = negatives.isEmpty ? [] : negatives[row]
            guard users[row] > 0, items[row] > 0, list.allSatisfy({ $0 > 0 }) else {
                throw DatasetError(
                    .invalid, file: file, line: row + 1, problem: "an id is below 1",
                    remedy: "ids count from 1: 0 stands for padding and cannot be used")
            }
            guard negatives.isEmpty || (list.count == width && !list.isEmpty) else {
                throw DatasetError(
                    .invalid, file: file, line: row + 1, problem: "\(list.count) negatives, \(width ?? 0) before",
                    remedy: "every row must list the same number of negatives, at least one")
            }
            append(user: users[row], item: items[row], time: times[row], line: row + 1)
            for item in list { appendNegative(item, line: row + 1) }
        }
        negativesPerRow = width
    }

    @inline(__always)
    mutating func append(user: Int32, item: Int32, time: Int64, line: Int) {
        users.append(user)
        items.append(item)
        times.append(time)
        largestUser.see(user, line: line)
        largestItem.see(item, line: line)
    }

    @inline(__always)
    mutating func appendNegative(_ item: Int32, line: Int) {
        negatives.append(item)
        largestItem.see(item, line: line)
    }
}
