import ArgumentParser
import Recommenders

/// What a model is trained for.
struct ObjectiveArguments: ParsableArguments {
    @Option(help: "Training loss. (default: \(ModelStandards.losses))")
    var loss: TrainingLoss?

    @Option(
        help: """
            Which interest is trained: the one nearest to the positive, one drawn by softmax (BaM), one drawn by way of \
            two linear maps (BaM), or the mean under the softmax.
            """)
    var selection = ObjectiveOptions().selection

    @Option(
        name: [.customLong("selection-temperature"), .customLong("selection_temperature")],
        help: "T of the softmax over the interests; the larger, the nearer to hard.")
    var selectionTemperature = ObjectiveOptions().selectionTemperature

    @Option(
        name: [.customLong("shared-negatives"), .customLong("shared_negatives")],
        help: "sampled-softmax: one set of negatives for all samples of a step (0/1).")
    var sharedNegatives = Switch(ObjectiveOptions().sharesNegatives)

    @Option(help: "sampled-softmax: what negatives are drawn from; log-uniform is by rank of popularity.")
    var proposal = ObjectiveOptions().proposal

    @Option(
        name: [.customLong("mask-hits"), .customLong("mask_hits")],
        help: "sampled-softmax: leave out negatives that are the positive itself (0/1).")
    var maskHits = Switch(ObjectiveOptions().masksHits)

    @Option(
        name: [.customLong("importance"), .customLong("rbeta")],
        help: "sampled-softmax, full-softmax: beta of the importance weights of negatives (REMI); 0: none.")
    var importance = ObjectiveOptions().importance

    @Option(
        name: [.customLong("multi-interest-loss"), .customLong("multi_interest_loss")],
        help: "sampled-softmax, full-softmax: add the loss over all interests at a time (BaM) (0/1).")
    var multiInterestLoss = Switch(ObjectiveOptions().hasMultiInterestLoss)

    @Option(
        name: [.customLong("routing-regularization"), .customLong("rlambda")],
        help: "ComiRec, TiMiRec: weight of the regularisation of the attention (REMI); 0: none.")
    var routingRegularization = ObjectiveOptions().routingRegularization

    @Option(help: "Weight of the mean cosine between the interests of a user; 0: none.")
    var dissimilarity = ObjectiveOptions().dissimilarity

    @Option(
        name: [.customLong("dissimilarity-margin"), .customLong("dissimilarity_margin")],
        help: "The cosine between interests that costs nothing.")
    var dissimilarityMargin = ObjectiveOptions().dissimilarityMargin

    /// The objective of a model.
    func options(by standards: ModelStandards) -> ObjectiveOptions {
        var options = ObjectiveOptions()
        options.loss = standards.loss
        options.selection = selection
        options.selectionTemperature = selectionTemperature
        options.sharesNegatives = sharedNegatives.isOn
        options.proposal = proposal
        options.masksHits = maskHits.isOn
        options.importance = importance
        options.hasMultiInterestLoss = multiInterestLoss.isOn
        options.routingRegularization = routingRegularization
        options.dissimilarity = dissimilarity
        options.dissimilarityMargin = dissimilarityMargin
        return options
    }

    /// What is not as usual, for the name of a folder.
    func unusualParts(by standards: ModelStandards) -> [String] {
        let options = options(by: standards)
        let usual = ObjectiveOptions()
        return [
            options.loss == standards.usualLoss ? nil : options.loss.rawValue,
            options.selection == usual.selection ? nil : options.selection.rawValue,
            options.selectionTemperature == usual.selectionTemperature ? nil : "T\(options.selectionTemperature)",
            options.sharesNegatives == usual.sharesNegatives ? nil : "own-negatives",
            options.proposal == usual.proposal ? nil : options.proposal.rawValue,
            options.masksHits == usual.masksHits ? nil : "masked",
            options.importance == usual.importance ? nil : "importance\(options.importance)",
            options.hasMultiInterestLoss == usual.hasMultiInterestLoss ? nil : "multi",
            options.routingRegularization == usual.routingRegularization
                ? nil : "routing\(options.routingRegularization)",
            options.dissimilarity == usual.dissimilarity ? nil : "dissimilarity\(options.dissimilarity)",
            options.dissimilarityMargin == usual.dissimilarityMargin ? nil : "margin\(options.dissimilarityMargin)",
        ].compactMap { $0 }
    }
}

extension TrainingLoss: ExpressibleByArgument {}
extension NegativeProposal: ExpressibleByArgument {}

extension InterestSelection: ExpressibleByArgument {
    /// `bam` is what the authors of BaM call `soft`.
    public init?(argument: String) { self.init(rawValue: argument == "bam" ? "soft" : argument) }
}
