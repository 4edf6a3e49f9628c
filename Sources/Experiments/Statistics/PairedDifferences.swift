import Glibc

/// Whether two models differ, by their results with the same seeds.
///
/// With 5 to 10 seeds two tests are told, both two-sided:
///
/// - the **paired t-test** assumes that the differences are normal, and has power with few of them;
/// - the **sign-flip permutation test** assumes nothing but that a difference would be as likely with the other sign if
///   the models were alike. It looks at all 2^n signs, so it is exact, but its smallest p is 2 / 2^n: with 5 seeds
///   0.0625, with 6 0.031. (Wilcoxon's signed ranks have the same limit, and throw the sizes away.)
///
/// Seeds are what is sampled: a small p says that other seeds would show a difference of the same sign on these data, not
/// that other data would.
package struct PairedDifferences: Sendable {
    /// The differences, one for each seed.
    package let values: [Double]

    /// The most differences whose signs are all looked at; of more a sample of fixed size would be needed.
    static let mostSigns = 20

    /// - Parameter values: of one model minus those of the other, one for each seed.
    package init(_ values: [Double]) { self.values = values }

    /// Their mean.
    package var mean: Double { SampleStatistics(values).mean }

    /// The p-value of the paired t-test; nil for fewer than two differences, and where all are zero.
    package var tTest: Double? {
        let statistics = SampleStatistics(values)
        guard let deviation = statistics.standardDeviation else { return nil }
        guard deviation > 0 else { return statistics.mean == 0 ? nil : 0 }
        let count = Double(values.count)
        return StudentT.twoSided(statistics.mean / (deviation / count.squareRoot()), degreesOfFreedom: count - 1)
    }

    /// The p-value of the exact sign-flip permutation test of the mean; nil for fewer than two differences, and for more
    /// than 20.
    ///
    /// The share of all signs whose sum is at least as far from zero. Sums that differ by rounding alone count as equal.
    package var signFlipTest: Double? {
        guard (2...Self.mostSigns).contains(values.count) else { return nil }
        let observed = abs(values.reduce(0, +))
        let tolerance = 1e-12 * values.reduce(0) { $0 + abs($1) }
        var count = 0
        for signs in 0..<(1 << values.count) {
            let sum = values.indices.reduce(0.0) { $0 + (signs >> $1 & 1 == 1 ? -values[$1] : values[$1]) }
            if abs(sum) >= observed - tolerance { count += 1 }
        }
        return Double(count) / Double(1 << values.count)
    }

    /// The smallest p-value that the sign-flip test can have with so many differences.
    package var smallestSignFlip: Double { 2 / Double(1 << min(values.count, Self.mostSigns)) }
}

/// Mean and standard deviation of a sample.
package struct SampleStatistics: Sendable {
    /// The sum over the number.
    package let mean: Double
    /// With n - 1 in the denominator; nil for fewer than two values.
    package let standardDeviation: Double?

    /// - Parameter values: at least one.
    package init(_ values: [Double]) {
        let mean = values.reduce(0, +) / Double(values.count)
        self.mean = mean
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        standardDeviation = values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : nil
    }
}

/// Student's t distribution.
package enum StudentT {
    /// The probability of a value at least as far from zero as `t`.
    ///
    ///     P(|T| >= t) = I_x(v/2, 1/2),   x = v / (v + t^2)
    ///
    /// with the regularized incomplete beta function I (Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.7.1
    /// and 26.5.27).
    package static func twoSided(_ t: Double, degreesOfFreedom v: Double) -> Double {
        incompleteBeta(v / (v + t * t), v / 2, 0.5)
    }

    /// I_x(a, b) by its continued fraction (NIST Digital Library of Mathematical Functions, 8.17.22), evaluated from the
    /// front by the method of Lentz (Applied Optics 15, 1976). Converges fast for x < (a + 1) / (a + b + 2); the other
    /// side follows from I_x(a, b) = 1 - I_(1-x)(b, a).
    package static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
        guard x > 0 else { return 0 }
        guard x < 1 else { return 1 }
        guard x < (a + 1) / (a + b + 2) else { return 1 - incompleteBeta(1 - x, b, a) }
        let front = exp(a * log(x) + b * log1p(-x) - logBeta(a, b)) / a
        let smallest = 1e-300
        func away(_ value: Double) -> Double { abs(value) < smallest ? smallest : value }
        var (numerator, denominator) = (1.0, 1 / away(1 - (a + b) * x / (a + 1)))
        var fraction = denominator
        for step in 1...300 {
            let m = Double(step)
            let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            denominator = 1 / away(1 + even * denominator)
            numerator = away(1 + even / numerator)
            fraction *= numerator * denominator
            let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            denominator = 1 / away(1 + odd * denominator)
            numerator = away(1 + odd / numerator)
            let change = numerator * denominator
            fraction *= change
            if abs(change - 1) < 1e-15 { break }
        }
        return front * fraction
    }

    private static func logBeta(_ a: Double, _ b: Double) -> Double { lgamma(a) + lgamma(b) - lgamma(a + b) }
}
