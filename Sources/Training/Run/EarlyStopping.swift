/// Remembers the dev result of every epoch: which is the best, and whether training has come to an end.
///
/// Training ends when, after more than 20 epochs, the last `notRising` results never rise, or when the best result is
/// `patience` epochs old (with 20 the rule of the published results). Where rises do not count, only the age of
/// the best result does.
public struct EarlyStopping: Sendable {
    /// Results that must not rise; 0: never stop.
    public let notRising: Int
    /// So many results after the best one end the training.
    public let patience: Int
    let countsRises: Bool
    /// The dev result of every epoch so far, the first epoch's first; the larger, the better.
    public private(set) var results: [Double] = []
    /// The epoch of the best result, counted from 1; the first of equal ones. 0 before the first result.
    public private(set) var bestEpoch = 0

    static let grace = 20

    /// Before the first epoch.
    ///
    /// - Parameters:
    ///   - notRising: results in a row without a rise that end the training; 0: never stop.
    ///   - patience: so many results after the best one end the training.
    ///   - countsRises: whether results that never rise end the training, too, and the first 20 epochs end nothing;
    ///     otherwise only the age of the best result counts.
    public init(notRising: Int, patience: Int = 20, countsRises: Bool = true) {
        self.notRising = notRising
        self.patience = patience
        self.countsRises = countsRises
    }

    /// Takes over the results of a training that is resumed.
    ///
    /// - Precondition: `bestEpoch` is that of the first of the best results, 0 where there are none.
    mutating func restore(results: [Double], bestEpoch: Int) {
        self.results = results
        self.bestEpoch = bestEpoch
    }

    /// The best result; nil before the first one.
    public var best: Double? { bestEpoch > 0 ? results[bestEpoch - 1] : nil }

    /// Adds the result of the next epoch.
    ///
    /// - Returns: whether it is the best so far.
    public mutating func add(_ result: Double) -> Bool {
        let isBest = best.map { result > $0 } ?? true
        results.append(result)
        if isBest { bestEpoch = results.count }
        return isBest
    }

    /// The first epoch after which training ends, of those whose results there are: earlier than the last one only where
    /// the results were found by another rule.
    var firstEnd: Int? {
        var replay = EarlyStopping(notRising: notRising, patience: patience, countsRises: countsRises)
        for result in results {
            _ = replay.add(result)
            if replay.shouldStop { return replay.results.count }
        }
        return nil
    }

    /// Whether training ends after the newest of the results.
    public var shouldStop: Bool {
        guard notRising > 0 else { return false }
        let age = results.count - bestEpoch
        guard countsRises else { return age >= patience }
        guard results.count > Self.grace else { return false }
        let last = results.suffix(notRising)
        let neverRises = zip(last, last.dropFirst()).allSatisfy { $0 >= $1 }
        return (last.count == notRising && neverRises) || age >= patience
    }
}
