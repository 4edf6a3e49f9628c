/// What came of a candidate at a rung.
package enum RungOutcome: Equatable, Sendable {
    /// Its metric on dev, the larger, the better.
    case value(Double)
    /// Its training failed.
    case failed

    /// The value; nil for a failure, and for a number that cannot be compared.
    package var value: Double? {
        if case .value(let value) = self, !value.isNaN { value } else { nil }
    }
}

/// Successive halving whose decisions do not depend on who finishes first.
///
/// Candidates enter a rung one after the other. The first rung has all of them, in the order of their numbers. After the
/// first m entrants of a rung have finished, the best floor(m / factor) of these m are promoted: they enter the next rung,
/// in the order in which they were found, and train `factor` times as long. So for every m, and once more at the end:
/// where a rung that nobody enters any more has promoted nobody, its best one is promoted.
///
/// These are the decisions of asynchronous successive halving (ASHA; Li et al., "A system for massively parallel
/// hyperparameter tuning", MLSys 2020) in a run where trials finish in the order of their numbers. ASHA itself decides by
/// those that happen to have finished, so that its winner depends on the speed of machines. Here a decision waits for the
/// entrants before m alone, never for a whole rung: rungs work at the same time. With m = all entrants the rule promotes
/// the best floor(n / factor) of the rung, so whoever synchronous halving promotes is promoted here too. The price is the
/// ASHA's: some are promoted early that would not have been later.
///
/// With one rung it is a grid or random search.
package struct HalvingSchedule: Equatable, Sendable {
    /// Candidates of the first rung.
    package let candidates: Int
    /// Rungs; at least one.
    package let rungs: Int
    /// One of so many is promoted.
    package let factor: Int
    private var outcomes: [[RungOutcome?]]

    /// A job: a candidate is to be trained up to a rung.
    package struct Job: Hashable, Sendable {
        /// From 0.
        package let candidate: Int
        /// From 0.
        package let rung: Int

        /// - Parameters:
        ///   - candidate: from 0.
        ///   - rung: from 0.
        package init(candidate: Int, rung: Int) {
            self.candidate = candidate
            self.rung = rung
        }
    }

    /// Who has entered a rung so far.
    package struct Rung: Equatable, Sendable {
        /// In the order in which they entered; what is there stays, others come behind.
        package let entrants: [Int]
        /// Whether nobody enters any more.
        package let isClosed: Bool
    }

    /// - Parameters:
    ///   - candidates: of the first rung.
    ///   - rungs: at least one.
    ///   - factor: one of so many is promoted; at least 2.
    package init(candidates: Int, rungs: Int, factor: Int) {
        precondition(rungs >= 1 && factor >= 2)
        self.candidates = candidates
        self.rungs = rungs
        self.factor = factor
        outcomes = Array(repeating: Array(repeating: nil, count: candidates), count: rungs)
    }

    /// What came of a candidate at a rung; nil while it is not known.
    package subscript(candidate: Int, rung: Int) -> RungOutcome? {
        get { outcomes[rung][candidate] }
        set { outcomes[rung][candidate] = newValue }
    }

    /// Who has entered each of the rungs, by what is known.
    package var entered: [Rung] {
        var result = [Rung(entrants: Array(0..<candidates), isClosed: true)]
        for rung in 1..<max(rungs, 1) { result.append(promoted(from: result[rung - 1], at: rung - 1)) }
        return result
    }

    private func promoted(from rung: Rung, at index: Int) -> Rung {
        let finished = rung.entrants.prefix { outcomes[index][$0] != nil }
        // The best first; of equal ones who entered first.
        var best: [(candidate: Int, value: Double)] = []
        var promoted: [Int] = []
        var isPromoted: Set<Int> = []
        for (number, candidate) in finished.enumerated() {
            if let value = outcomes[index][candidate]?.value {
                best.insert((candidate, value), at: best.firstIndex { $0.value < value } ?? best.count)
            }
            for entry in best.prefix((number + 1) / factor) where isPromoted.insert(entry.candidate).inserted {
                promoted.append(entry.candidate)
            }
        }
        let isClosed = rung.isClosed && finished.count == rung.entrants.count
        if isClosed, promoted.isEmpty, let first = best.first { promoted.append(first.candidate) }
        return Rung(entrants: promoted, isClosed: isClosed)
    }

    /// What can be trained now, those that have got furthest first.
    package var jobs: [Job] {
        entered.enumerated().reversed().flatMap { index, rung in
            rung.entrants.filter { outcomes[index][$0] == nil }.map { Job(candidate: $0, rung: index) }
        }
    }

    /// Whether all is trained that is to be trained.
    package var isComplete: Bool {
        let entered = entered
        return entered.last?.isClosed ?? true
            && entered.enumerated().allSatisfy { index, rung in
                rung.entrants.allSatisfy { outcomes[index][$0] != nil }
            }
    }

    /// A candidate with what it got to.
    package struct Standing: Equatable, Sendable {
        /// From 0.
        package let candidate: Int
        /// The last rung that it has a value at; nil where it has none.
        package let rung: Int?
        /// Its value there.
        package let value: Double?
        /// The rung at which it failed.
        package let failedRung: Int?
    }

    /// All candidates, the best first: by the rung that they got to, by their value there, by their number.
    ///
    /// What was trained without having been promoted, as by a decision that a repeated trial has changed, does not count.
    package var standings: [Standing] {
        var standings = (0..<candidates).map { Standing(candidate: $0, rung: nil, value: nil, failedRung: nil) }
        for (index, rung) in entered.enumerated() {
            for candidate in rung.entrants {
                guard let outcome = outcomes[index][candidate] else { continue }
                let before = standings[candidate]
                standings[candidate] =
                    outcome.value.map {
                        Standing(candidate: candidate, rung: index, value: $0, failedRung: nil)
                    }
                    ?? Standing(
                        candidate: candidate, rung: before.rung, value: before.value, failedRung: index)
            }
        }
        return standings.sorted { first, second in
            if first.rung != second.rung { return first.rung ?? -1 > second.rung ?? -1 }
            if first.value != second.value { return first.value ?? -.infinity > second.value ?? -.infinity }
            return first.candidate < second.candidate
        }
    }

    /// The best candidate; nil where none has a value.
    package var winner: Standing? { standings.first.flatMap { $0.value == nil ? nil : $0 } }
}
