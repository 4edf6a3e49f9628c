/// Numbers of the runs of a group: one for each seed.
package struct Sample: Sendable, Equatable {
    /// One for each seed.
    package let values: [Double]

    /// - Parameter values: at least one.
    package init?(_ values: [Double]) {
        guard !values.isEmpty else { return nil }
        self.values = values
    }

    /// `1/n sum_i x_i`.
    package var mean: Double { values.reduce(0, +) / Double(values.count) }

    /// The standard deviation of the sample, `sqrt(1/(n-1) sum_i (x_i - mean)^2)`; nil for one value, which has none.
    package var deviation: Double? {
        guard values.count > 1 else { return nil }
        let mean = mean
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (squares / Double(values.count - 1)).squareRoot()
    }

    /// Mean and standard deviation for people: `0.4015 ± 0.0107`.
    package func text(_ format: (Double) -> String) -> String {
        format(mean) + (deviation.map { " ± " + format($0) } ?? "")
    }
}
