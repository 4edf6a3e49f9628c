import Options

/// What a model is trained for, beside the model itself.
public struct ObjectiveOptions: Sendable, Equatable {
    /// How the score of the positive is compared with those of other items.
    public var loss = TrainingLoss.bpr
    /// What the score of an item is.
    public var score = ScoreRule.product
    /// What cosines and mixtures are divided by in training.
    public var scoreTemperature: Float = 0.05
    /// Vectors of a user in a mixture of logits, A.
    public var mixtureUsers = 4
    /// Vectors of an item in a mixture of logits, B.
    public var mixtureItems = 2
    /// Floats of each of these vectors.
    public var mixtureSize = 32
    /// Units of each of the networks that gate the logits.
    public var mixtureHidden = 16
    /// Which interest is trained, for a model with several.
    public var selection = InterestSelection.hard
    /// T of the selections `soft`, `soft-linear` and `expected`; the larger, the nearer they are to `hard`.
    public var selectionTemperature: Float = 1
    /// Whether all samples of a step have the same negatives in the sampled softmax.
    public var sharesNegatives = true
    /// Which samples have the same negatives, where samples share them.
    public var sharing = NegativeSharing.step
    /// What the negatives of the sampled softmax and of gBCE are drawn from.
    public var proposal = NegativeProposal.uniform
    /// The share of uniform draws in the proposal ``NegativeProposal/mixed``.
    public var uniformShare: Float = 0.5
    /// Whether negatives that are the positive itself do not count in the sampled softmax and in gBCE.
    public var masksHits = false
    /// t of gBCE, from 0, the binary cross entropy, to 1.
    public var calibration: Float = 0.75
    /// The share of the probability that the softmax losses spread over the positive and its negatives.
    public var labelSmoothing: Float = 0
    /// beta of the importance weights of the negatives (REMI), 0 for none.
    public var importance: Float = 0
    /// Whether the loss is taken once more over all interests at a time (BaM).
    public var hasMultiInterestLoss = false
    /// lambda of the regularization of the routing (REMI), 0 for none.
    public var routingRegularization: Float = 0
    /// Weight of the similarity between the interests of a user, 0 for none.
    public var dissimilarity: Float = 0
    /// The mean cosine between interests that costs nothing.
    public var dissimilarityMargin: Float = 0

    /// The defaults: the ranking loss of the nearest interest, without regularizers.
    public init() {}

    /// The options, declared.
    public static let fields: [OptionField<ObjectiveOptions>] = {
        let standard = ObjectiveOptions()
        func traits(
            _ alias: String? = nil, folder: OptionDeclaration.FolderPart, isRare: Bool = false,
            shownDefault: String? = nil
        ) -> OptionTraits {
            OptionTraits(
                aliases: alias.map { [$0] } ?? [], folder: folder, differsByStage: true, isRare: isRare,
                shownDefault: shownDefault)
        }
        return [
            OptionField(
                "loss", \.loss, of: standard,
                traits(
                    folder: .ifChanged(""), shownDefault: RecommenderCatalogue.defaults { $0.training.loss.rawValue }),
                help: "Training loss: \(TrainingLoss.optionKind)."),
            OptionField(
                "score", \.score, of: standard,
                OptionTraits(
                    folder: .ifChanged(""), shownDefault: RecommenderCatalogue.defaults { $0.training.score.rawValue }),
                isWritten: false,
                help: "Scores: inner products (product), cosines (cosine), mixtures of cosines (mixture; MoL)."),
            OptionField(
                "score-temperature", \.scoreTemperature, of: standard, in: .aboveZero("0.05 is the default"),
                traits(folder: .ifChanged("tau"), isRare: true), isWritten: false,
                help: "With --score cosine and mixture: what scores are divided by in training."),
            OptionField(
                "mixture-users", \.mixtureUsers, of: standard, in: .within(1...64),
                OptionTraits(folder: .ifChanged("mixture-users"), isRare: true), isWritten: false,
                help: "With --score mixture: vectors of a user."),
            OptionField(
                "mixture-items", \.mixtureItems, of: standard, in: .within(1...64),
                OptionTraits(folder: .ifChanged("mixture-items"), isRare: true), isWritten: false,
                help: "With --score mixture: vectors of an item."),
            OptionField(
                "mixture-size", \.mixtureSize, of: standard, in: .within(1...1024),
                OptionTraits(folder: .ifChanged("mixture-size"), isRare: true), isWritten: false,
                help: "With --score mixture: numbers of each of these vectors."),
            OptionField(
                "mixture-hidden", \.mixtureHidden, of: standard, in: .within(1...1024),
                OptionTraits(folder: .ifChanged("mixture-hidden"), isRare: true), isWritten: false,
                help: "With --score mixture: units of each of the networks that gate."),
            OptionField(
                "selection", \.selection, of: standard, traits(folder: .ifChanged("")),
                help: """
                    Which interest is trained: the one nearest to the positive (hard), one drawn by softmax (soft; BaM), \
                    one drawn by way of two linear maps (soft-linear; BaM), or the mean under the softmax (expected).
                    """),
            OptionField(
                "selection-temperature", \.selectionTemperature, of: standard, in: .aboveZero("1 is the default"),
                traits(folder: .ifChanged("T"), isRare: true),
                help: "T of the softmax over the interests; the larger, the nearer to hard."),
            OptionField(
                "shared-negatives", \.sharesNegatives, of: standard, traits(folder: .ifChanged("shared"), isRare: true),
                help: "sampled-softmax: one set of negatives for all samples of a step (0/1)."),
            OptionField(
                "shared-by", \.sharing, of: standard, traits(folder: .ifChanged("by-"), isRare: true), isWritten: false,
                help: """
                    sampled-softmax, gbce: all samples of a step share their negatives (step), or those of a logical shard \
                    in a step (shard): then a step has as many sets as shards, at the same cost.
                    """),
            OptionField(
                "proposal", \.proposal, of: standard, traits(folder: .ifChanged(""), isRare: true),
                help: """
                    sampled-softmax, gbce: what negatives are drawn from: all items alike (uniform), by rank of popularity \
                    (log-uniform), by interactions (popularity), both (mixed), or the positives of the shard's mini-batch \
                    (batch).
                    """),
            OptionField(
                "uniform-share", \.uniformShare, of: standard, in: .within(0..<1, "choose a share from 0 to below 1"),
                traits(folder: .ifChanged("uniform"), isRare: true), isWritten: false,
                help: "The share of uniform draws of --proposal mixed."),
            OptionField(
                "mask-hits", \.masksHits, of: standard, traits(folder: .ifChanged("masked"), isRare: true),
                help: "sampled-softmax, gbce: leave out negatives that are the positive itself (0/1)."),
            OptionField(
                "calibration", \.calibration, of: standard,
                in: ValueRange("0 to 1") {
                    (0...1).contains($0)
                        ? nil : (rest: "is \($0)", recoverySuggestion: "choose 0 for the binary cross entropy, up to 1")
                },
                traits("gbce-t", folder: .ifChanged("t"), isRare: true), isWritten: false,
                help: "gbce: t of the calibration, from 0, which is the binary cross entropy, to 1."),
            OptionField(
                "label-smoothing", \.labelSmoothing, of: standard,
                in: .within(0..<1, "choose a share from 0 to below 1"),
                traits(folder: .ifChanged("smooth"), isRare: true),
                isWritten: false,
                help: "sampled-softmax, full-softmax: the share of the probability spread over all that are compared."),
            OptionField(
                "importance", \.importance, of: standard, in: .fromZero,
                traits("rbeta", folder: .ifChanged("importance"), isRare: true),
                help: "sampled-softmax, full-softmax: beta of the importance weights of negatives (REMI); 0: none."),
            OptionField(
                "multi-interest-loss", \.hasMultiInterestLoss, of: standard,
                traits(folder: .ifChanged("multi"), isRare: true),
                help: "sampled-softmax, full-softmax: add the loss over all interests at a time (BaM) (0/1)."),
            OptionField(
                "routing-regularization", \.routingRegularization, of: standard, in: .fromZero,
                traits("rlambda", folder: .ifChanged("routing"), isRare: true),
                help: "ComiRec, TiMiRec: weight of the regularization of the attention (REMI); 0: none."),
            OptionField(
                "dissimilarity", \.dissimilarity, of: standard, in: .fromZero,
                traits(folder: .ifChanged("dissimilarity")),
                help: "Weight of the mean cosine between the interests of a user; 0: none."),
            OptionField(
                "dissimilarity-margin", \.dissimilarityMargin, of: standard,
                in: .within(-1..<1, "choose a cosine from -1 to below 1"),
                traits(folder: .ifChanged("margin"), isRare: true),
                help: "The cosine between interests that costs nothing."),
        ]
    }()
}

/// How a user's score of the positive item is compared with those of others.
public enum TrainingLoss: String, Sendable, CaseIterable, OptionValue {
    /// The ranking loss against negatives of the sample's own that the user has not in train.
    case bpr
    /// The cross entropy of the positive among drawn negatives.
    case sampledSoftmax = "sampled-softmax"
    /// The binary cross entropy of the positive and drawn negatives, calibrated (gBCE, Petrov and Macdonald 2023).
    case gBCE = "gbce"
    /// The cross entropy of the positive among all items.
    case fullSoftmax = "full-softmax"
}

/// Which samples share their negatives.
public enum NegativeSharing: String, Sendable, CaseIterable, OptionValue {
    /// All of a step.
    case step
    /// Those of a mini-batch: of a logical shard in a step.
    case shard
}

/// What negatives are drawn from, with repeats.
public enum NegativeProposal: String, Sendable, CaseIterable, OptionValue {
    /// Every item alike.
    case uniform
    /// Frequent items more often: `q(rank) = log((rank + 1) / rank) / log(n + 1)`, rank 1 for the most frequent in train.
    case logUniform = "log-uniform"
    /// By the number of interactions in train.
    case popularity
    /// A share (``ObjectiveOptions/uniformShare``) of uniform draws, the others by the number of interactions in train.
    case mixed
    /// Nothing is drawn: the positives of the mini-batch, of all samples of a logical shard in a step.
    case batch
}

extension TrainingLoss {
    /// Whether the loss compares with negatives that are drawn for it, beside the mini-batch.
    public var drawsNegatives: Bool { self == .sampledSoftmax || self == .gBCE }
}

/// What a model has for an objective to work on; see ``Recommender/objectiveSupport(_:in:)``.
public struct ObjectiveSupport: OptionSet, Sendable {
    /// A bit for each of the members.
    public let rawValue: Int

    /// Those members whose bits are set.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// The model leaves to the objective which of its interests is trained.
    public static let selection = ObjectiveSupport(rawValue: 1)
    /// The model hands its interests to the objective.
    public static let interests = ObjectiveSupport(rawValue: 2)
    /// Its interests come with ``Interests/attention``.
    public static let attention = ObjectiveSupport(rawValue: 4)
    /// The model has vectors for targets at every position of a history, which one causal pass gives:
    /// ``Interactions/PackedBatch/targetRows``.
    public static let everyPosition = ObjectiveSupport(rawValue: 8)
}
