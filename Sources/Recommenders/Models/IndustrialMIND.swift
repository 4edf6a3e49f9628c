import Differentiation
import Interactions
import KernelCore
import Options

/// MIND as EasyRec trains it, whose scores are cosines in the routing, in the attention and in the ranking:
///
///     v = routing(e_1 ... e_L)                                [K, d] per user, logits that are scaled cosines
///     u = sum_k softmax_k(s cos(v_k, e+)) v_k / |v_k|         in training, s: the scale of the attention
///     s(i) = max_k cos(v_k, e_i)                              in scoring
///
/// `s` is `simi_pow` there, 20 in the examples: despite its name a factor, not the exponent of ``MIND/power``. A user with
/// L items has `max(1, min(K, floor(log2 L)))` interests, as in the paper (EasyRec has the natural logarithm).
///
/// With `--score product` attention and scores are of inner products. What EasyRec has besides is left out: features of
/// users and items and the networks behind them, a learned scale and offset of the scores (`--score-temperature` stands
/// for the scale), one random start for all users in scoring. The weighted sum `u` is scored as a vector of length 1.
public struct IndustrialMIND: MultiInterestRecommender {
    /// The scale s of the label-aware attention.
    public static let labelScale = ModelOption(
        "label-scale", default: Float(20), in: .fromZero, OptionTraits(aliases: ["simi-pow"]),
        help: "What cosines with the positive are multiplied with in the label-aware attention.")

    /// Those of the routing and of the label-aware attention.
    public static let options = DynamicRouting.options + [MIND.adaptiveInterests, labelScale]

    /// Other defaults than those of ``MIND`` for its options and those of its routing.
    public static let defaultOptions = {
        var options = ModelOptions()
        options[DynamicRouting.logitScale] = 20
        options[MIND.adaptiveInterests] = true
        return options
    }()

    /// The items' vectors, `[itemCount + 1, d]`; row 0 is padding.
    public let items: Embedding
    let routing: DynamicRouting
    let labelScale: Float

    /// Registers the parameters of ``MIND``.
    public init(_ context: ModelContext, in scope: ParameterScope) {
        let options = context.options
        items = Embedding("i_embeddings", rows: context.itemCount + 1, size: options.embeddingSize, in: scope)
        routing = DynamicRouting(options, isAdaptive: options[MIND.adaptiveInterests], in: scope)
        labelScale = options[Self.labelScale]
    }

    /// K interests a user, `[B * K, d]`, that the routing of the history's item vectors leads to.
    public func interests(of batch: PackedBatch, on tape: Tape) -> Interests {
        let histories = batch.histories
        return routing(items(batch.historyItems, count: histories.total, on: tape), for: batch, on: tape)
    }

    /// The attention leaves no choice to the objective.
    public static func objectiveSupport(_ options: ModelOptions, in stage: TrainingStage?) -> ObjectiveSupport {
        .interests
    }

    /// The objective's loss of the mean of the interests under the label-aware attention, summed over the samples,
    /// `[1, 1]`.
    public func trainingLoss(of batch: PackedBatch, under objective: Objective, on tape: Tape) -> Variable {
        let interests = interests(of: batch, on: tape)
        let score = objective.options.score
        let own = score.queries(interests, on: tape)
        let positives = score.vectors(items.positives(of: batch, on: tape), on: tape)
        let users = tape.labelAwareAttention(own.vectors, own.groups, positives: positives, scale: labelScale)
        return objective.loss(of: users, interests: interests, for: batch, in: items, on: tape)
    }
}
