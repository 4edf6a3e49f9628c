import Evaluation
import FileIO
import Recommenders
import Reporting

/// Says in words what is wrong with a training, and what to try.
extension TrainingRun {
    /// What there is to say after an epoch, at rank 0.
    ///
    /// - Parameters:
    ///   - line: of the epoch in `metrics.jsonl`.
    ///   - popularity: of dev, where the epoch is the one that is compared with it.
    func advice(on line: JSONValue, popularity: RankingMetrics?) -> [String] {
        guard entry.training.isTrained else { return [] }
        var texts = diagnosis.add(line).map(text(of:))
        if let popularity, let best = stopping.best, best <= popularity.selection {
            let name = popularity.named.dropFirst().first?.name ?? "NDCG"
            texts.append(
                "dev is ranked no better than by popularity after \(state.epoch) epochs: "
                    + "\(name) \(fixed(best)), popularity \(fixed(popularity.selection))\n"
                    + "try \(stepAdvice.joined(separator: ", ")), \(negativesAdvice); "
                    + "trainer data inspect tells whether the data are as they should be")
        }
        return texts
    }

    /// What to try where steps lead nowhere.
    private var stepAdvice: [String] {
        func text(_ value: Double) -> String { NumberText.significant(value, digits: 6) }
        let (rate, l2) = (configuration.optimizer.learningRate, configuration.optimizer.l2)
        return ["another --lr (\(text(rate)) now)"] + (l2 > 0 ? ["a smaller --l2 (\(text(l2)) now)"] : [])
    }

    /// What to try where the loss compares with items that teach too little.
    private var negativesAdvice: String {
        switch configuration.objective.loss {
        case .bpr: "--loss sampled-softmax with more --negatives"
        case .sampledSoftmax, .gBCE: "more --negatives (\(configuration.negatives) now)"
        case .fullSoftmax: "a larger --embedding-size (\(configuration.options.embeddingSize) now)"
        }
    }

    private func fixed(_ value: Double) -> String { NumberText.fixed(value, decimals: 4) }

    private func text(of finding: TrainingDiagnosis.Finding) -> String {
        switch finding {
        case .equalInterests(let cosine):
            "the interests of a user are nearly the same: their mean cosine over dev is \(fixed(cosine)), "
                + "and was above \(TrainingDiagnosis.mostCosine) in the last \(TrainingDiagnosis.patience) epochs\n\(remedy)"
        case .winningInterest(let interest, let share):
            "one interest does all the work: interest \(interest) wins \(NumberText.fixed(share * 100, decimals: 1)) % "
                + "of the dev rows, and one won more than \(Int(TrainingDiagnosis.mostShare * 100)) % in the last "
                + "\(TrainingDiagnosis.patience) epochs\n\(remedy)"
        case .constantLoss(let first, let last, let epochs):
            "the loss does not fall: \(fixed(last)) in epoch \(epochs), \(fixed(first)) in the first\n"
                + "try \(stepAdvice.joined(separator: ", "))"
        }
    }

    /// What to try against interests that are one.
    private var remedy: String {
        let support = entry.objectiveSupport(configuration.options, configuration.stage)
        var parts: [String] = []
        if support.contains(.interests) { parts.append("--dissimilarity 0.1") }
        if support.contains(.selection) { parts.append("--selection soft or expected") }
        if support.contains(.attention) { parts.append("--routing-regularization") }
        parts.append("fewer --interests")
        return "try " + parts.joined(separator: ", ")
    }
}
