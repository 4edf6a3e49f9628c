import Differentiation
import KernelCore

extension EpochSummary {
    /// Bins of a histogram.
    private static let bins = 64

    /// Adds the norm and a histogram of each parameter, and the norm of its gradient, by the name of the parameter.
    ///
    /// The norm of the gradient is the root of the mean square over the last steps that Adam has in its second moment v,
    /// with its weights, L2 included: `sqrt(sum v / (1 - beta2^t))`. It costs no step anything, and is the same on any
    /// number of ranks.
    ///
    /// - Parameters:
    ///   - specifications: the parameters of which all values are here.
    ///   - second: the second moments after the step ``step``.
    ///   - step: steps that were taken; without any there are no gradients.
    ///   - hasMoment: whether all of the second moment of a parameter is here.
    mutating func add(
        parameters: ParameterValues, second: ParameterValues, _ specifications: [ParameterSpecification], step: Int,
        hasMoment: (Parameter) -> Bool
    ) {
        let correction = Double(AdamStep(step: max(step, 1), learningRate: 0, l2: 0).rootCorrection)
        for specification in specifications {
            let parameter = specification.parameter
            // The padding row is no parameter.
            let rows = specification.kind == .table(paddingRow: true) ? 1 : 0
            let skipped = min(rows, parameter.rows) * parameter.columns
            let count = parameter.count - skipped
            let values = UnsafePointer(parameters(parameter) + skipped)
            let found = Kernel.statistics(values, count: count)
            add("parameter_norm/" + specification.name, found.sumOfSquares.squareRoot())
            if step > 0, hasMoment(parameter) {
                let squares = Kernel.statistics(second(parameter) + skipped, count: count).sum
                add("gradient_norm/" + specification.name, max(squares, 0).squareRoot() * correction)
            }
            if let histogram = Histogram(values, found, bins: Self.bins) {
                add("parameters/" + specification.name, histogram)
            }
        }
    }
}

extension EpochSummary.Histogram {
    /// Counts in bins of one width from the smallest number to the largest; nil where there is none, or not all are
    /// finite.
    init?(_ values: UnsafePointer<Float>, _ statistics: ValueStatistics, bins: Int) {
        guard statistics.count > 0, statistics.isFinite else { return nil }
        let (lowest, highest) = (statistics.minimum, statistics.maximum)
        let perUnit = Float(bins) / (highest - lowest)
        // Equal numbers have one bin, as do those that are too close to each other to be told apart.
        let bins = perUnit.isFinite ? bins : 1
        var counts = [Int32](repeating: 0, count: bins)
        counts.withUnsafeMutableBufferPointer {
            Kernel.countInBins(
                values, count: statistics.count, lowest: lowest, perUnit: bins > 1 ? perUnit : 0, counts: $0)
        }
        let width = (Double(highest) - Double(lowest)) / Double(bins)
        let ends = (1..<max(bins, 1)).map { Double(lowest) + Double($0) * width }
        self.init(
            minimum: Double(lowest), maximum: Double(highest), count: statistics.count, sum: statistics.sum,
            sumOfSquares: statistics.sumOfSquares, limits: ends + [Double(highest)], counts: counts.map(Double.init))
    }
}
