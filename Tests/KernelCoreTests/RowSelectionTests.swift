import KernelCore
import Testing

/// The best rows of a packed table are those of a plain sort.
@Suite struct RowSelectionTests {
    typealias Setting = RankingTests.Setting

    /// Places with their scores, the best first, by plain loops.
    private static func plain(_ setting: Setting, _ user: Int, rows: [Int32], without excluded: [Int32], size: Int)
        -> [(index: Int32, score: Float)]
    {
        let scored = rows.indices.filter { !excluded.contains(Int32($0)) }.map { index in
            (index: Int32(index), score: setting.score(user, Int(rows[index])))
        }
        return Array(scored.sorted { ($1.score, $0.index) < ($0.score, $1.index) }.prefix(size))
    }

    private static func best(
        _ setting: Setting, in table: RankingTable, numbers: UnsafePointer<Int32>? = nil, without excluded: [[Int32]],
        size: Int
    ) -> [[(index: Int32, score: Float)]] {
        let arena = Arena()
        let selection = RowSelection(users: setting.users, size: size, numbers: numbers, in: arena)
        return withExtendedLifetime(arena) {
            Kernel.bestRows(
                interests: MatrixView(
                    Memory.copy(setting.interests), rows: setting.users * setting.interestCount,
                    columns: setting.columns), InterestGroups(perUser: setting.interestCount), in: table,
                excluding: Memory.copy(Array(excluded.joined()) + [0]),
                at: JaggedOffsets(lengths: excluded.map(\.count)), into: selection)
            return (0..<setting.users).map { user in
                (0..<selection.finish(user)).map {
                    (selection.row($0, ofUser: user), selection.score($0, ofUser: user))
                }
            }
        }
    }

    @Test(arguments: [1, 2, 4, 5], [1, 7, 16, 33])
    func `the best rows are those of a plain sort, with its scores`(interestCount: Int, columns: Int) {
        for users in [1, 11, 12, 25] {
            let setting = Setting(users: users, interestCount: interestCount, rowCount: 430, columns: columns)
            let some = (0..<430).filter { $0 % 7 != 3 }.map(Int32.init)
            let tables = [
                (RankingTable(setting.table, rows: 0..<430, columns: columns), (0..<430).map(Int32.init)),
                (RankingTable(setting.table, rows: 5..<38, columns: columns), (5..<38).map(Int32.init)),
                (RankingTable(setting.table, rows: some, columns: columns), some),
            ]
            for (table, rows) in tables {
                #expect(table.count == rows.count)
                let excluded = (0..<users).map { user in
                    rows.indices.filter { ($0 + user) % (user + 2) == 0 }.map(Int32.init)
                }
                for size in [1, 3, 20, 500] {
                    let found = Self.best(setting, in: table, without: excluded, size: size)
                    for user in 0..<users {
                        let expected = Self.plain(setting, user, rows: rows, without: excluded[user], size: size)
                        #expect(found[user].map(\.index) == expected.map(\.index))
                        #expect(found[user].map(\.score.bitPattern) == expected.map(\.score.bitPattern))
                    }
                }
            }
        }
    }

    /// Rows of lengths from 2^-80 to 2^20, some of them equal, and some that are no numbers.
    private static func unequal(users: Int, interestCount: Int) -> Setting {
        var setting = Setting(users: users, interestCount: interestCount, rowCount: 700, columns: 16)
        for row in 0..<700 {
            let scale = Float(sign: .plus, exponent: row % 101 - 80, significand: 1)
            for column in 0..<16 { setting.table[row * 16 + column] *= scale }
        }
        for row in stride(from: 300, to: 400, by: 7) {
            for column in 0..<16 { setting.table[row * 16 + column] = setting.table[100 * 16 + column] }
        }
        setting.table[33 * 16 + 3] = .nan
        setting.table[34 * 16 + 3] = .infinity
        // An interest without a direction, and one so short that its squares are 0 in 32 bits.
        for column in 0..<16 { setting.interests[column] = 0 }
        for column in 16..<32 { setting.interests[column] *= 1e-30 }
        return setting
    }

    @Test(arguments: [1, 2, 4]) func `the order of the rows changes nothing, whatever panels it lets pass`(
        interestCount: Int
    ) {
        let setting = Self.unequal(users: 25, interestCount: interestCount)
        func length(_ row: Int32) -> Float {
            let values = setting.table[Int(row) * 16..<Int(row) * 16 + 16]
            let sum = values.reduce(Float(0)) { $0 + $1 * $1 }
            return sum.isNaN ? .infinity : sum
        }
        let all = (0..<700).map(Int32.init)
        let longestFirst = all.sorted { (length($1), $0) < (length($0), $1) }
        for order in [all, longestFirst, longestFirst.reversed()] {
            let table = RankingTable(Memory.copy(setting.table), rows: order, columns: 16)
            let excluded = (0..<25).map { user in all.filter { ($0 + Int32(user)) % Int32(user + 3) == 0 } }
            for size in [1, 20, 100] {
                let found = Self.best(setting, in: table, numbers: Memory.copy(order), without: excluded, size: size)
                for user in 0..<25 {
                    let without = Set(excluded[user].map { order[Int($0)] })
                    let scored = all.filter { !without.contains($0) }.map { row in
                        let score = setting.score(user, Int(row))
                        return (number: row, score: score.isNaN ? .infinity : score)
                    }
                    let expected = scored.sorted { ($1.score, $0.number) < ($0.score, $1.number) }.prefix(size)
                    #expect(found[user].map(\.index) == expected.map(\.number), "\(user) \(size)")
                }
            }
        }
    }

    @Test func `of equal scores the smaller numbers are kept, whatever the order of the offers`() {
        for isReversed in [false, true] {
            let arena = Arena()
            let selection = RowSelection(users: 1, size: 5, in: arena)
            let rows = isReversed ? Array((0..<200).reversed()) : Array(0..<200)
            withExtendedLifetime(arena) {
                for row in rows { selection.offer(Int32(row), score: row % 2 == 0 ? 0 : -0.0, user: 0) }
                #expect(selection.finish(0) == 5)
                #expect((0..<5).map { selection.row($0, ofUser: 0) } == [0, 1, 2, 3, 4])
            }
        }
    }

    @Test func `scores of all signs are in order, and what is not a number is infinite`() {
        let scores: [Float] = [-1, 2, .nan, -3.5, 0, .infinity, -1e-37, .leastNonzeroMagnitude, -.infinity]
        let arena = Arena()
        let selection = RowSelection(users: 2, size: scores.count, in: arena)
        withExtendedLifetime(arena) {
            for (row, score) in scores.enumerated() { selection.offer(Int32(row), score: score, user: 1) }
            #expect(selection.finish(0) == 0)
            #expect(selection.finish(1) == scores.count)
            #expect((0..<scores.count).map { selection.row($0, ofUser: 1) } == [2, 5, 1, 7, 4, 6, 0, 3, 8])
            #expect(selection.score(2, ofUser: 1) == 2 && selection.score(7, ofUser: 1) == -3.5)
        }
    }
}
