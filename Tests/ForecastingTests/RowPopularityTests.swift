import Forecasting
import Glibc
import Testing

/// How many different rows some draws touch.
@Suite struct RowPopularityTests {
    @Test(arguments: [(10, 1.0), (10, 25), (1000, 3), (1_000_000, 500_000)])
    func `uniform draws miss a row with (1 - 1 over n) to the number of draws`(rows: Int, draws: Double) {
        let expected = Double(rows) * (1 - pow(1 - 1 / Double(rows), draws))
        let uniform = RowPopularity(zipf: 0, count: rows)
        #expect(abs(uniform.distinct(popular: draws) / expected - 1) < 1e-6)
        #expect(abs(uniform.distinct(popular: 0, uniform: draws) / expected - 1) < 1e-6)
    }

    @Test func `three rows by hand`() {
        // Shares 1/2, 1/3, 1/6; two draws by them and one of all alike.
        let rows = RowPopularity(counts: [3, 2, 1])
        var expected = 0.0
        for share in [0.5, 1.0 / 3, 1.0 / 6] {
            let missed = (1 - share) * (1 - share) * 2 / 3
            expected += 1 - missed
        }
        #expect(abs(rows.distinct(popular: 2, uniform: 1) - expected) < 1e-12)
        let zipf = RowPopularity(zipf: 1, count: 3)
        let weights = [1.0, 1.0 / 2, 1.0 / 3]
        let total = weights.reduce(0, +)
        var ofZipf = 0.0
        for weight in weights { ofZipf += 1 - pow(1 - weight / total, 5) }
        #expect(abs(zipf.distinct(popular: 5) - ofZipf) < 1e-12)
    }

    @Test(arguments: [0.0, 0.7, 1, 1.3]) func `groups of ranks are as good as each rank by itself`(exponent: Double) {
        let count = 50_000
        let weights = (1...count).map { pow(Double($0), -exponent) }
        let total = weights.reduce(0, +)
        let grouped = RowPopularity(zipf: exponent, count: count)
        #expect(abs(grouped.rowCount - Double(count)) < 1e-6)
        for draws in [10.0, 1_000, 100_000] {
            let single = weights.reduce(0) { $0 - expm1(draws * log1p(-$1 / total)) }
            #expect(abs(grouped.distinct(popular: draws) / single - 1) < 2e-3, "\(exponent), \(draws)")
        }
    }

    @Test func `more draws touch more rows, never more than there are`() {
        let rows = RowPopularity(zipf: 1, count: 500)
        var last = 0.0
        for draws in [0.0, 1, 2, 10, 100, 1e4, 1e8] {
            let touched = rows.distinct(popular: draws, uniform: draws / 2)
            #expect(touched >= last && touched <= 500 + 1e-6)
            last = touched
        }
        #expect(abs(last - 500) < 1e-3)
        #expect(rows.distinct(popular: 0) == 0)
        #expect(RowPopularity(counts: [0, 0, 5]).distinct(popular: 100) == 1)
        #expect(RowPopularity(zipf: 1, count: 1).distinct(popular: 3, uniform: 3) == 1)
    }

    @Test func `draws of a step, of shards and of samples come together`() {
        let rows = RowPopularity(zipf: 0, count: 1_000)
        var draws = RowDraws()
        draws.popularPerSample = 3
        draws.uniformPerSample = 1
        draws.uniformPerShard = 5
        draws.uniformPerStep = 20
        let expected = 1_000 * (1 - pow(0.999, 10 * 4 + 2 * 5 + 20))
        #expect(abs(draws.touchedRows(samples: 10, shards: 2, of: rows) - expected) < 1e-6)
        draws.isComplete = true
        #expect(draws.touchedRows(samples: 1, shards: 1, of: rows) == 1_000)
    }
}
