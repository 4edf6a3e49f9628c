/// The split of files that come without one: the last interaction of a user is test, the one before is dev, the rest
/// train. A user with fewer than three interactions is not evaluated: all of them are train.
enum LeaveOneOut {
    /// Rows keep the order of the file. Within a user the time decides, and the order of the file among equal times.
    static func split(
        _ table: InteractionTable
    ) -> (train: InteractionTable, dev: InteractionTable, test: InteractionTable) {
        let userCount = Int(table.users.max() ?? 0)
        var counts = [Int32](repeating: 0, count: userCount + 1)
        var newest = [Int32](repeating: -1, count: userCount + 1)
        var second = newest
        for row in 0..<table.count {
            let user = Int(table.users[row])
            counts[user] += 1
            let time = table.times[row]
            if newest[user] < 0 || time >= table.times[Int(newest[user])] {
                second[user] = newest[user]
                newest[user] = Int32(row)
            } else if second[user] < 0 || time >= table.times[Int(second[user])] {
                second[user] = Int32(row)
            }
        }
        var train = InteractionTable(file: table.file)
        var dev = train
        var test = train
        for row in 0..<table.count {
            let user = Int(table.users[row])
            let evaluated = counts[user] >= 3
            if evaluated, newest[user] == Int32(row) {
                test.append(user: table.users[row], item: table.items[row], time: table.times[row])
            } else if evaluated, second[user] == Int32(row) {
                dev.append(user: table.users[row], item: table.items[row], time: table.times[row])
            } else {
                train.append(user: table.users[row], item: table.items[row], time: table.times[row])
            }
        }
        return (train, dev, test)
    }
}
