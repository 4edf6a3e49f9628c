import KernelCore
import Testing

@Suite struct RankingTests {
    @Test func `ties and what is not a number count against the model`() {
        let scores: [Float] = [1, 2, 2, 3, .nan, -.infinity, .infinity, 1.999_999_9]
        func count(_ truth: Float) -> Int32 { Kernel.countNotBelow(truth, scores, scores.count) }
        #expect(count(2) == 5)
        #expect(count(-.infinity) == 8)
        #expect(count(.infinity) == 2)
        #expect(count(2.5) == 3)
        #expect(count(.nan) == 8)
        #expect(Kernel.countNotBelow(2, scores, 0) == 0)
    }

    @Test(arguments: [1, 2, 3, 4, 5, 8], [1, 7, 16, 33])
    func `rows of a table are counted as their best scores are`(interestCount: Int, columns: Int) {
        var numbers = Numbers(UInt64(interestCount * 100 + columns))
        let rowCount = 700
        let users = 3
        let table = numbers.list(rowCount * columns)
        let interests = numbers.list(users * interestCount * columns)
        let candidates = (0..<users).flatMap { _ in (0..<rowCount).map(Int32.init) }
        var scores = [Float](repeating: 0, count: users * rowCount)
        Kernel.bestScores(
            interests: interests, interestCount: interestCount, table: table, candidates: candidates, count: users,
            perUser: rowCount, columns: columns, into: &scores)
        for rows in [0..<rowCount, 1..<rowCount, 5..<6, 200..<520, 3..<3] {
            // The score of a row of the table: a tie with itself, which must not be lost to rounding.
            let truths = (0..<users).map { scores[$0 * rowCount + 300] }
            var counts = [Int32](repeating: 10, count: users)
            Kernel.countRowsNotBelow(
                truths, interests: interests, interestCount: interestCount, table: table, rows: rows, count: users,
                columns: columns, into: &counts)
            for user in 0..<users {
                let expected = rows.count { scores[user * rowCount + $0] >= truths[user] }
                #expect(Int(counts[user]) == 10 + expected)
            }
        }
    }

    @Test(arguments: [1, 2, 3, 5]) func `a row or an interest that is not a number counts`(interestCount: Int) {
        let columns = 5
        for broken in 0..<interestCount {
            var numbers = Numbers(9)
            let table = numbers.list(12 * columns)
            var interests = numbers.list(interestCount * columns)
            interests[broken * columns + 2] = .nan
            var counts: [Int32] = [0]
            Kernel.countRowsNotBelow(
                [1e30], interests: interests, interestCount: interestCount, table: table, rows: 0..<12, count: 1,
                columns: columns, into: &counts)
            #expect(counts[0] == 12, "interest \(broken)")
            var best = [Float](repeating: 0, count: 12)
            Kernel.bestScores(
                interests: interests, interestCount: interestCount, table: table, candidates: (0..<12).map(Int32.init),
                count: 1, perUser: 12, columns: columns, into: &best)
            #expect(best.allSatisfy { $0.isNaN }, "interest \(broken)")
        }
        var numbers = Numbers(10)
        var table = numbers.list(12 * columns)
        table[4 * columns] = .nan
        var counts: [Int32] = [0]
        Kernel.countRowsNotBelow(
            [1e30], interests: numbers.list(interestCount * columns), interestCount: interestCount, table: table,
            rows: 0..<12, count: 1, columns: columns, into: &counts)
        #expect(counts[0] == 1)
    }
}
