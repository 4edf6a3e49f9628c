import TrainerSupport

/// A data set whose users differ in everything that decides about a batch: numbers of interactions, times, histories
/// longer than what is kept. Its rows are in an order of their own, so that times decide.
struct PlainData {
    static let name = "plain"
    static let negativesPerRow = 9

    struct Interaction {
        let item: Int32
        let time: Int64
    }

    /// In the order of time: all but the last two are train, then dev, then test.
    struct User {
        let id: Int32
        let sequence: [Interaction]
        let devNegatives: [Int32]
        let testNegatives: [Int32]

        var trainCount: Int { sequence.count - 2 }
        var trainItems: Set<Int32> { Set(sequence.prefix(trainCount).map(\.item)) }

        /// The smallest positive difference of two times.
        var smallestGap: Int64 {
            zip(sequence, sequence.dropFirst()).map { $1.time - $0.time }.filter { $0 > 0 }.min() ?? .max
        }
    }

    let users: [User]
    let itemCount = 40

    init() {
        let count = itemCount
        users = (1...26).map { user in
            var items: [Int32] = []
            for position in 0..<4 + user * 5 % 9 {
                // Small numbers are frequent.
                var item =
                    (user * 7 + position * position * 3 + position * 11) % count * ((user + position) % 4 + 1) / 4
                while items.contains(Int32(item + 1)) { item = (item + 1) % count }
                items.append(Int32(item + 1))
            }
            // Never two at a time.
            let times = items.indices.map { Int64(1000 + user + $0 * (9 + user % 4) + $0 * $0 % (user % 5 + 2)) }
            let others = (1...Int32(count)).filter { !items.contains($0) }
            func negatives(_ first: Int) -> [Int32] {
                (0..<Self.negativesPerRow).map { others[(first + $0 * 2) % others.count] }
            }
            return User(
                id: Int32(user), sequence: zip(items, times).map { Interaction(item: $0, time: $1) },
                devNegatives: negatives(user), testNegatives: negatives(user * 3 + 1))
        }
    }

    /// The number of interactions of the users with smaller ids: sample ids of a user begin here.
    func firstSample(of user: Int) -> Int { users.prefix(user).reduce(0) { $0 + $1.sequence.count } }

    /// How many train interactions an item has.
    func popularity(_ item: Int32) -> Int {
        users.reduce(0) { $0 + $1.sequence.prefix($1.trainCount).count { $0.item == item } }
    }

    /// Writes the three files.
    func write(to workspace: Workspace, _ root: String) throws {
        let longest = users.map(\.sequence.count).max() ?? 0
        var train = ["user_id\titem_id\ttime"]
        for position in (0..<longest).reversed() {
            for user in users where position < user.trainCount {
                train.append("\(user.id)\t\(user.sequence[position].item)\t\(user.sequence[position].time)")
            }
        }
        var files = ["train.csv": train, "item_meta.csv": ["item_id"] + (1...itemCount).map(String.init)]
        for (name, age, negatives) in [("dev.csv", 2, \User.devNegatives), ("test.csv", 1, \User.testNegatives)] {
            files[name] =
                ["user_id\titem_id\ttime\tneg_items"]
                + users.reversed().map { user in
                    let row = user.sequence[user.sequence.count - age]
                    return "\(user.id)\t\(row.item)\t\(row.time)\t\(user[keyPath: negatives])"
                }
        }
        for (name, lines) in files {
            try workspace.write("\(root)/\(Self.name)/\(name)", lines.map { $0 + "\n" }.joined())
        }
    }
}
