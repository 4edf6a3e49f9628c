/// The options that a search chooses among, and how the trials are made of them.
package struct SearchSpace: Equatable, Sendable {
    /// In the order of the file.
    package let parameters: [SearchParameter]

    /// - Parameter parameters: at least one, no name twice.
    package init(_ parameters: [SearchParameter]) { self.parameters = parameters }

    /// More trials than any search has.
    package static let mostTrials = 100_000

    /// The number of different trials where every option has a few values; nil where one is a range of numbers, or where
    /// there are more than ``mostTrials``.
    package var size: Int? {
        var size = 1
        for parameter in parameters {
            let values: Int
            switch parameter.domain {
            case .choices(let choices): values = Set(choices).count
            case .integer(let low, let high), .logInteger(let low, let high): values = high - low + 1
            default: return nil
            }
            let (product, isTooMany) = size.multipliedReportingOverflow(by: values)
            guard !isTooMany, product <= Self.mostTrials else { return nil }
            size = product
        }
        return size
    }

    /// All combinations: the last option changes fastest, each in the order of its values.
    ///
    /// - Returns: nil where an option has no list of values.
    package func grid() -> [[String]]? {
        var trials: [[String]] = [[]]
        for parameter in parameters {
            guard let choices = parameter.choices else { return nil }
            trials = trials.flatMap { trial in choices.map { trial + [$0] } }
        }
        return trials
    }

    /// Draws trials, no two alike.
    ///
    /// A value depends on the seed, the number of its trial and the name of its option: another option in the space, or
    /// more trials, change none of the values that were there. Only a trial that is like an earlier one is drawn again.
    ///
    /// - Parameter count: at most ``size``.
    /// - Returns: nil where the space seems to have fewer different trials.
    package func draw(_ count: Int, seed: UInt64) -> [[String]]? {
        var trials: [[String]] = []
        var seen: Set<[String]> = []
        for trial in 0..<count {
            var streams = parameters.map { $0.stream(seed: seed, trial: trial) }
            var values: [String] = []
            var attempts = 0
            repeat {
                guard attempts < 10_000 else { return nil }
                attempts += 1
                values = parameters.indices.map { parameters[$0].draw(&streams[$0]) }
            } while !seen.insert(values).inserted
            trials.append(values)
        }
        return trials
    }
}
