import Experiments
import Testing

/// Values of scipy 1.17: `stats.ttest_rel(a, b).pvalue`, `stats.permutation_test((a, b), lambda x, y: mean(x - y),
/// permutation_type="samples", n_resamples=inf).pvalue`, `2 * stats.t.sf(t, v)`, `stats.beta.cdf(x, a, b)`.
@Suite struct PairedDifferencesTests {
    private static func isClose(_ value: Double?, _ expected: Double) -> Bool {
        value.map { abs($0 - expected) <= 1e-10 * abs(expected) } ?? false
    }

    @Test func `both tests have the p-values of scipy`() {
        let cases: [(a: [Double], b: [Double], t: Double, signs: Double, mean: Double)] = [
            (
                [0.2855, 0.2871, 0.2849, 0.2866, 0.2858], [0.2831, 0.2840, 0.2852, 0.2829, 0.2838],
                0.033474691628207376, 0.125, 0.00218
            ),
            (
                [0.4015, 0.3898, 0.4123, 0.4007, 0.3950, 0.4101, 0.3899, 0.4040],
                [0.3953, 0.4012, 0.3990, 0.4005, 0.3961, 0.3977, 0.3988, 0.3949], 0.4789035509566471, 0.453125, 0.002475
            ),
            (
                [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [2, 1, 5, 3, 8, 5, 9, 7, 12, 9], 0.31328432552764973, 0.39453125, -0.6
            ),
        ]
        for (a, b, t, signs, mean) in cases {
            let paired = PairedDifferences(zip(a, b).map { $0 - $1 })
            #expect(Self.isClose(paired.tTest, t), "\(String(describing: paired.tTest))")
            #expect(paired.signFlipTest == signs, "\(String(describing: paired.signFlipTest))")
            #expect(Self.isClose(paired.mean, mean))
        }
    }

    @Test(arguments: [
        (0.0, 4.0, 1.0), (0.5, 1, 0.7048327646991335), (2.776, 4, 0.05002277831997642), (1e-3, 9, 0.9992239303259733),
        (12, 2, 0.00687293367715846), (40, 9, 1.8982998449339822e-11), (-1.5, 7, 0.17729848698997),
        (1e4, 3, 2.20531550229581e-12),
    ])
    func `Student's t has the tails of scipy`(t: Double, freedom: Double, expected: Double) {
        let found = StudentT.twoSided(t, degreesOfFreedom: freedom)
        #expect(Self.isClose(found, expected), "\(found)")
    }

    @Test(arguments: [
        (0.5, 2.0, 3.0, 0.6875), (0.1, 0.5, 0.5, 0.20483276469913345), (0.9, 0.5, 5, 0.9999974294103009),
        (0.3, 40, 0.5, 1.285574944186753e-22), (0.999, 4.5, 0.5, 0.9264613833688512),
    ])
    func `the incomplete beta function has the values of scipy`(x: Double, a: Double, b: Double, expected: Double) {
        let found = StudentT.incompleteBeta(x, a, b)
        #expect(Self.isClose(found, expected), "\(found)")
    }

    @Test func `what cannot be tested has no p-value`() {
        #expect(PairedDifferences([0.1]).tTest == nil && PairedDifferences([0.1]).signFlipTest == nil)
        #expect(PairedDifferences([0, 0, 0]).tTest == nil && PairedDifferences([0, 0, 0]).signFlipTest == 1)
        #expect(PairedDifferences([0.5, 0.5, 0.5]).tTest == 0)
        #expect(
            PairedDifferences([0.5, 0.5, 0.5]).signFlipTest == PairedDifferences([0.5, 0.5, 0.5]).smallestSignFlip)
        #expect(PairedDifferences(Array(repeating: 1, count: 21)).signFlipTest == nil)
    }

    @Test func `the standard deviation is that of a sample`() {
        let statistics = SampleStatistics([2, 4, 4, 4, 5, 5, 7, 9])
        #expect(statistics.mean == 5)
        #expect(Self.isClose(statistics.standardDeviation, 2.138089935299395))
        #expect(SampleStatistics([1]).standardDeviation == nil)
    }
}
