import Recommenders

/// What the options of a training are where nobody chooses and the model has a say.
struct ModelStandards {
    /// Negatives of a step under the sampled softmax, which needs many; the other losses have one a sample.
    static let sharedNegatives = 512

    let learningRate: Double
    /// The loss that the model has where nobody chooses.
    let usualLoss: TrainingLoss
    /// The loss of the training.
    let loss: TrainingLoss

    /// - Parameters:
    ///   - model: a name; one that is not in the catalogue has what most models have.
    ///   - loss: what was chosen, if anything was.
    init(model: String?, loss: TrainingLoss?) {
        let entry = model.flatMap { RecommenderCatalogue.entry(named: $0) }
        learningRate = entry?.standardLearningRate ?? 1e-3
        usualLoss = entry?.standardLoss ?? .bpr
        self.loss = loss ?? usualLoss
    }

    /// Negatives of a sample, or of a step under the sampled softmax.
    var negatives: Int { loss == .sampledSoftmax ? Self.sharedNegatives : 1 }

    /// The learning rates for a help text: `0.001; MIND 0.005`.
    static var learningRates: String { text { "\($0.standardLearningRate)" } }

    /// The losses for a help text: `bpr; MIND sampled-softmax`.
    static var losses: String { text { $0.standardLoss.rawValue } }

    private static func text(of standard: (RecommenderEntry) -> String) -> String {
        let trained = RecommenderCatalogue.entries.filter(\.isTrained)
        guard let usual = trained.first.map(standard) else { return "" }
        return ([usual] + trained.filter { standard($0) != usual }.map { "\($0.name) \(standard($0))" })
            .joined(separator: "; ")
    }
}
