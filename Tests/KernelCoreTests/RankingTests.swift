import KernelCore
import Testing

@Suite struct RankingTests {
    @Test func `ties and what is not a number count against the model`() {
        let scores: [Float] = [1, 2, 2, 3, .nan, -.infinity, .infinity, 1.999_999_9]
        func count(_ target: Float) -> Int32 { Kernel.countNotBelow(target, scores, scores.count) }
        #expect(count(2) == 5)
        #expect(count(-.infinity) == 8)
        #expect(count(.infinity) == 2)
        #expect(count(2.5) == 3)
        #expect(count(.nan) == 8)
        #expect(Kernel.countNotBelow(2, scores, 0) == 0)
    }

    /// Users, their interests and a table of rows.
    struct Setting {
        let rowCount: Int
        let interestCount: Int
        let columns: Int
        var table: [Float]
        var interests: [Float]

        init(users: Int, interestCount: Int, rowCount: Int, columns: Int) {
            var numbers = Numbers(UInt64(users * 10000 + interestCount * 100 + columns))
            self.rowCount = rowCount
            self.interestCount = interestCount
            self.columns = columns
            table = numbers.list(rowCount * columns)
            interests = numbers.list(users * interestCount * columns)
        }

        var users: Int { interests.count / (interestCount * columns) }

        /// The products of a row with a user's interests, by plain loops.
        func products(_ user: Int, _ row: Int) -> [Float] {
            (0..<interestCount).map { interest in
                var sum: Float = 0
                for column in 0..<columns {
                    sum.addProduct(
                        interests[(user * interestCount + interest) * columns + column], table[row * columns + column])
                }
                return sum
            }
        }

        func score(_ user: Int, _ row: Int) -> Float {
            let products = products(user, row)
            return products.contains { $0.isNaN } ? .nan : products.max()!
        }

        func counts(
            _ targets: [Float], rows: Range<Int>, excluded: [[Int32]] = [], best: BestRows? = nil
        ) -> [Int] {
            let lists = excluded.isEmpty ? targets.map { _ in [] } : excluded
            var counts = [Int32](repeating: 10, count: targets.count)
            let ranked = RankedRows(
                rows, of: Memory.copy(table), excluding: Memory.copy(Array(lists.joined())),
                at: JaggedOffsets(lengths: lists.map(\.count)))
            Kernel.countRowsNotBelow(
                targets, interests: MatrixView(interests, columns: columns), InterestGroups(perUser: interestCount),
                among: ranked, into: &counts, best: best)
            return counts.map { Int($0) - 10 }
        }
    }

    @Test(arguments: [1, 2, 3, 4, 5, 8], [1, 7, 16, 33])
    func `rows of a table are counted as their scores are`(interestCount: Int, columns: Int) {
        for users in [1, 3, 4, 6] {
            let setting = Setting(users: users, interestCount: interestCount, rowCount: 130, columns: columns)
            for rows in [0..<130, 1..<130, 5..<6, 20..<92, 24..<48, 3..<3] {
                // The score of a row of the table: a tie with itself, which must not be lost to rounding.
                let targets = (0..<users).map { setting.score($0, 30) }
                let counts = setting.counts(targets, rows: rows)
                for user in 0..<users {
                    #expect(counts[user] == rows.count { !(setting.score(user, $0) < targets[user]) })
                }
            }
        }
    }

    @Test(arguments: [1, 3, 4])
    func `one score has the bits that it has among all`(interestCount: Int) {
        let setting = Setting(users: 5, interestCount: interestCount, rowCount: 60, columns: 19)
        for user in 0..<5 {
            let own = MatrixView(setting.interests, columns: 19)[user * interestCount..<(user + 1) * interestCount]
            for row in 0..<60 {
                let (score, interest) = Kernel.rowScore(
                    Array(setting.table[(row * 19)..<((row + 1) * 19)]), interests: own)
                let products = setting.products(user, row)
                #expect(score.bitPattern == products.max()!.bitPattern)
                #expect(interest == products.firstIndex(of: score))
                // Among the others it is not below itself, and below the next larger number.
                var targets = [Float](repeating: 0, count: 5)
                targets[user] = score
                #expect(setting.counts(targets, rows: row..<row + 1)[user] == 1)
                targets[user] = score.nextUp
                #expect(setting.counts(targets, rows: row..<row + 1)[user] == 0)
            }
        }
    }

    @Test(arguments: [1, 2, 4, 5]) func `rows that are left out do not count`(interestCount: Int) {
        let users = 6
        let setting = Setting(users: users, interestCount: interestCount, rowCount: 130, columns: 8)
        let lists: [[Int32]] = [
            [], [1], [0, 23, 24, 25, 47, 48, 129], Array(0..<130), [7, 50], (0..<130).filter { $0 % 3 == 0 },
        ]
        let targets = (0..<users).map { setting.score($0, 30) }
        for rows in [0..<130, 1..<130, 24..<49, 50..<51] {
            let counts = setting.counts(targets, rows: rows, excluded: lists)
            for user in 0..<users {
                let expected = rows.count {
                    !lists[user].contains(Int32($0)) && !(setting.score(user, $0) < targets[user])
                }
                #expect(counts[user] == expected)
            }
        }
    }

    @Test(arguments: [1, 2, 3, 5]) func `a row or an interest that is not a number counts`(interestCount: Int) {
        for broken in 0..<interestCount {
            var setting = Setting(users: 1, interestCount: interestCount, rowCount: 12, columns: 5)
            setting.interests[broken * 5 + 2] = .nan
            #expect(setting.counts([1e30], rows: 0..<12) == [12], "interest \(broken)")
            var best = [Float](repeating: 0, count: 12)
            let interests = MatrixView(setting.interests, columns: 5)
            Kernel.bestScores(
                interests, InterestGroups(perUser: interestCount), table: setting.table,
                candidates: (0..<12).map(Int32.init), perUser: 12, into: &best)
            #expect(best.allSatisfy { $0.isNaN }, "interest \(broken)")
            let (score, interest) = Kernel.rowScore(setting.table, interests: interests)
            #expect(score.isNaN && interest == broken)
        }
        var setting = Setting(users: 1, interestCount: interestCount, rowCount: 12, columns: 5)
        setting.table[4 * 5] = .nan
        #expect(setting.counts([1e30], rows: 0..<12) == [1])
        #expect(setting.counts([.nan], rows: 0..<12) == [12])
    }
}

@Suite struct BestRowsTests {
    /// The best rows of a user by sorting all: higher scores first, then smaller numbers; no number is above all.
    private static func sorted(_ scores: [(row: Int32, score: Float)], size: Int) -> [Int32] {
        let keys: [(row: Int32, key: Float)] = scores.map { ($0.row, $0.score.isNaN ? Float.infinity : $0.score) }
        let ordered = keys.filter { $0.key > -Float.infinity }.sorted { first, second in
            first.key != second.key ? first.key > second.key : first.row < second.row
        }
        let rows = ordered.prefix(size).map(\.row)
        return rows + [Int32](repeating: BestRows.none, count: size - rows.count)
    }

    @Test(arguments: [1, 2, 7, 40])
    func `the best rows are those that sorting finds, in whatever order they come`(size: Int) {
        var numbers = Numbers(UInt64(size))
        var offers = (0..<60).map { (row: Int32($0), score: Float(numbers.next(below: 12)) - 4) }
        offers[17].score = .nan
        offers[40].score = .infinity
        offers[3].score = -.infinity
        for turn in 0..<3 {
            var rows = [Int32](repeating: 0, count: 2 * size)
            var scores = [Float](repeating: 0, count: 2 * size)
            rows.withUnsafeMutableBufferPointer { rows in
                scores.withUnsafeMutableBufferPointer { scores in
                    let best = BestRows(users: 2, size: size, rows: rows.baseAddress!, scores: scores.baseAddress!)
                    for offer in offers { best.offer(offer.row, score: offer.score, user: 1) }
                }
            }
            #expect(Array(rows[size...]) == Self.sorted(offers, size: size), "turn \(turn)")
            #expect(rows[..<size].allSatisfy { $0 == BestRows.none })
            offers = offers.indices.map { offers[($0 * 7 + 1) % 60] }
        }
    }

    @Test(arguments: [1, 3, 4], [1, 5, 50])
    func `counting offers the rows that take part`(interestCount: Int, size: Int) {
        let users = 6
        var setting = RankingTests.Setting(users: users, interestCount: interestCount, rowCount: 130, columns: 4)
        // Few different numbers, so that scores are equal.
        for index in setting.table.indices { setting.table[index] = (setting.table[index] * 2).rounded() }
        for index in setting.interests.indices { setting.interests[index] = (setting.interests[index] * 2).rounded() }
        setting.table[70 * 4] = .nan
        let lists = (0..<users).map { user in (0..<Int32(130)).filter { $0 % Int32(user + 2) == 0 } }
        var rows = [Int32](repeating: 0, count: users * size)
        var scores = [Float](repeating: 0, count: users * size)
        rows.withUnsafeMutableBufferPointer { rows in
            scores.withUnsafeMutableBufferPointer { scores in
                let best = BestRows(users: users, size: size, rows: rows.baseAddress!, scores: scores.baseAddress!)
                let targets = [Float](repeating: 0.5, count: users)
                // Before the others comes one with a larger number, as a true item does.
                for user in 0..<users { best.offer(129, score: setting.score(user, 129), user: user) }
                let lists = lists.map { $0.contains(129) ? $0 : $0 + [129] }
                let counts = setting.counts(targets, rows: 1..<130, excluded: lists, best: best)
                #expect(counts == setting.counts(targets, rows: 1..<130, excluded: lists))
            }
        }
        for user in 0..<users {
            let candidates = (1..<Int32(130)).filter { $0 == 129 || !lists[user].contains($0) }
            let expected = Self.sorted(candidates.map { ($0, setting.score(user, Int($0))) }, size: size)
            #expect(Array(rows[(user * size)..<((user + 1) * size)]) == expected)
        }
    }
}

@Suite struct InterestCosineTests {
    @Test func `the mean cosine is over pairs`() {
        let interests = MatrixView([2, 0, 0, 3, 5, 5], columns: 2)
        #expect(Kernel.meanPairwiseCosine(interests[0..<2]) == 0)
        let three = Kernel.meanPairwiseCosine(interests)
        #expect(abs(three - 2 * Float(0.5).squareRoot() / 3) < 1e-6)
        #expect(abs(Kernel.meanPairwiseCosine(MatrixView([1, 2, -3, -6], columns: 2)) + 1) < 1e-6)
        #expect(Kernel.meanPairwiseCosine(MatrixView([0, 0, 1, 0], columns: 2)) == 0)
    }
}
