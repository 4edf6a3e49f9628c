import FileIO

/// Finds in the lines of `metrics.jsonl` what a person would see in the curves: a training that does not get anywhere.
///
/// What it finds follows from the lines alone, so that a resumed training knows what was told before.
package struct TrainingDiagnosis {
    /// Something that is wrong, with the numbers that show it.
    package enum Finding: Equatable {
        /// The interests of a user are nearly the same.
        case equalInterests(cosine: Double)
        /// One interest, counted from 1, wins nearly all rows.
        case winningInterest(Int, share: Double)
        /// The loss of an epoch is not below that of the first.
        case constantLoss(first: Double, last: Double, epochs: Int)
    }

    /// A mean cosine above which interests are one.
    static let mostCosine = 0.95
    /// A share above which one interest is all.
    static let mostShare = 0.9
    /// After so many epochs a loss should have fallen, dev be ranked better than by popularity, and interests not have
    /// been one in all of the last ones.
    static let patience = 5
    /// And after so many steps: epochs of small data sets are short.
    static let leastSteps = 500
    /// The loss should have fallen by so much of itself.
    private static let leastFall = 0.001

    private var losses: [Double] = []
    private var equalEpochs = 0
    private var wonEpochs = 0
    private var hasTold = (equal: false, winning: false, loss: false)

    /// Before the first epoch.
    package init() {}

    /// Adds the line of an epoch.
    ///
    /// - Returns: what is found now and was not found before.
    package mutating func add(_ line: JSONValue) -> [Finding] {
        func number(_ value: JSONValue?) -> Double? { if case .number(let number)? = value { number } else { nil } }
        var findings: [Finding] = []
        let isLate = EpochSummary.step(of: line) >= Self.leastSteps
        let interests = line["interests"]
        let cosine = number(interests?["cosine"]) ?? 0
        equalEpochs = cosine > Self.mostCosine ? equalEpochs + 1 : 0
        if isLate, equalEpochs >= Self.patience, !hasTold.equal {
            hasTold.equal = true
            findings.append(.equalInterests(cosine: cosine))
        }
        var shares: [Double] = []
        if case .array(let values)? = interests?["shares"] { shares = values.map { number($0) ?? 0 } }
        let largest = shares.indices.max { shares[$0] < shares[$1] }
        let share = largest.map { shares[$0] } ?? 0
        wonEpochs = share > Self.mostShare ? wonEpochs + 1 : 0
        if let largest, isLate, wonEpochs >= Self.patience, !hasTold.winning {
            hasTold.winning = true
            findings.append(.winningInterest(largest + 1, share: share))
        }
        if let loss = number(line["train_loss"]) {
            losses.append(loss)
            if isLate, losses.count >= Self.patience, !hasTold.loss, let first = losses.first {
                // Only once: a loss that has fallen may rest.
                hasTold.loss = true
                if losses.dropFirst().allSatisfy({ $0 >= first - Self.leastFall * abs(first) }) {
                    findings.append(.constantLoss(first: first, last: loss, epochs: losses.count))
                }
            }
        }
        return findings
    }

    /// Whether dev is compared with popularity behind an epoch, which happens once in a training.
    ///
    /// - Parameters:
    ///   - step: of the end of the epoch.
    ///   - steps: of the epoch.
    package static func comparesWithPopularity(epoch: Int, step: Int, steps: Int) -> Bool {
        func isLate(_ epoch: Int, _ step: Int) -> Bool { epoch >= patience && step >= leastSteps }
        return isLate(epoch, step) && !isLate(epoch - 1, step - steps)
    }
}
