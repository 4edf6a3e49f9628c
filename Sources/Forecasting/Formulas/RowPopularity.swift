import Glibc

/// How likely a draw is to ask for each row of a table: rows in groups that are asked for about equally often.
public struct RowPopularity: Sendable, Equatable {
    /// Rows that are alike.
    struct Group: Sendable, Equatable {
        /// How many rows.
        let rows: Double
        /// The probability of a draw of each of them.
        let share: Double
    }

    let groups: [Group]

    /// Rows in all groups.
    public var rowCount: Double { groups.reduce(0) { $0 + $1.rows } }

    /// The first so many ranks of a power law have a group each: there the shares differ most.
    private static let singleRanks = 256
    /// By how much the last rank of a group lies behind its first one.
    private static let groupWidth = 1.02

    /// The row at rank r is drawn in proportion to `r ^ -exponent` (Zipf 1949); all alike with an exponent of 0.
    ///
    /// - Parameters:
    ///   - count: rows, at least 1.
    ///   - exponent: not negative.
    public init(zipf exponent: Double, count: Int) {
        var groups: [(rows: Double, weight: Double)] = []
        var first = 1
        while first <= count {
            let last =
                first <= Self.singleRanks ? first : min(count, max(first, Int(Double(first) * Self.groupWidth)))
            let rows = Double(last - first + 1)
            groups.append((rows, Self.meanWeight(Double(first) - 0.5, Double(last) + 0.5, exponent)))
            first = last + 1
        }
        // The first rank by itself, not the mean over a neighbourhood where the law is steepest.
        for rank in 0..<min(Self.singleRanks, groups.count) { groups[rank].weight = pow(Double(rank + 1), -exponent) }
        let total = groups.reduce(0) { $0 + $1.rows * $1.weight }
        self.groups = groups.map { Group(rows: $0.rows, share: $0.weight / total) }
    }

    /// Each row is drawn in proportion to its count; those without any are never drawn.
    ///
    /// - Parameter counts: not negative, and not all zero: otherwise all rows are alike.
    public init(counts: some Sequence<Int32>) {
        var rowsByCount: [Int32: Int] = [:]
        for count in counts { rowsByCount[max(count, 0), default: 0] += 1 }
        let total = rowsByCount.reduce(0.0) { $0 + Double($1.key) * Double($1.value) }
        let rows = rowsByCount.values.reduce(0, +)
        groups = rowsByCount.sorted { $0.key > $1.key }.map { count, rowsOfCount in
            Group(rows: Double(rowsOfCount), share: total > 0 ? Double(count) / total : 1 / Double(rows))
        }
    }

    /// The mean of `x ^ -exponent` between two points.
    private static func meanWeight(_ lower: Double, _ upper: Double, _ exponent: Double) -> Double {
        let integral =
            exponent == 1
            ? log(upper / lower) : (pow(upper, 1 - exponent) - pow(lower, 1 - exponent)) / (1 - exponent)
        return integral / (upper - lower)
    }

    /// The expected number of different rows of independent draws.
    ///
    ///     sum over rows i of 1 - (1 - p_i)^popular (1 - 1/n)^uniform
    ///
    /// - Parameters:
    ///   - popular: draws by these shares.
    ///   - uniform: draws of all rows alike.
    public func distinct(popular: Double, uniform: Double = 0) -> Double {
        let none = rowCount > 1 ? uniform * log1p(-1 / rowCount) : (uniform > 0 ? -.infinity : 0)
        return groups.reduce(0) { sum, group in
            // 0 times an infinite logarithm is no number.
            let missed = popular > 0 ? popular * log1p(-min(group.share, 1)) + none : none
            return sum - group.rows * expm1(missed)
        }
    }
}
