import Differentiation
import Interactions
import Options

/// MIND: multi-interest network with dynamic routing (Li et al., CIKM 2019).
///
///     v = routing(e_1 ... e_L)                           [K, d] per user
///     u = sum_k softmax_k(<v_k, e+>^p) v_k               in training
///     s(i) = max_k <v_k, e_i>                            in scoring
///
/// With an infinite p the objective selects the interest that is trained, the one nearest to the positive if nothing
/// else is asked for. A finite p is a selection of its own, with every loss; it is differentiated, towards the positive
/// too. Where p is an even number, the sign of `<v_k, e+>` is lost; otherwise it is kept. With adaptive interests a user
/// with L items has `max(1, min(K, floor(log2 L)))` of them.
public struct MIND: MultiInterestRecommender {
    /// Power p of the label-aware attention; infinity takes the best interest.
    public static let power = ModelOption(
        "p", default: Float.infinity,
        in: ValueRange("above 0") {
            $0 > 0 ? nil : (rest: "is \($0)", recoverySuggestion: "write a number above 0, or inf")
        },
        OptionTraits(aliases: ["power"], folder: .ifChanged("p")),
        help: "Power of the label-aware attention; inf takes the best interest.")
    /// Whether a user with L items has only `max(1, min(K, floor(log2 L)))` interests.
    public static let adaptiveInterests = ModelOption(
        "adaptive-interests", default: false, OptionTraits(folder: .ifChanged("adaptive")),
        help: "Fewer interests for users with a short history (0/1).")

    /// Those of the routing and of the label-aware attention.
    public static let options = DynamicRouting.options + [power, adaptiveInterests]

    /// The items' vectors, `[itemCount + 1, d]`; row 0 is padding.
    public let items: Embedding
    let routing: DynamicRouting
    let power: Float

    /// Registers `i_embeddings.weight`, `[itemCount + 1, d]`, and the parameters of ``DynamicRouting`` with one matrix
    /// for all interests.
    public init(_ context: ModelContext, in scope: ParameterScope) {
        let options = context.options
        items = Embedding("i_embeddings", rows: context.itemCount + 1, size: options.embeddingSize, in: scope)
        routing = DynamicRouting(options, isAdaptive: options[Self.adaptiveInterests], in: scope)
        power = options[Self.power]
    }

    /// K interests a user, `[B * K, d]`, that the routing of the history's item vectors leads to.
    public func interests(of batch: PackedBatch, on tape: Tape) -> Interests {
        let histories = batch.histories
        return routing(items(batch.historyItems, count: histories.total, on: tape), for: batch, on: tape)
    }

    /// A finite p leaves no choice to the objective.
    public static func objectiveSupport(_ options: ModelOptions, in stage: TrainingStage?) -> ObjectiveSupport {
        options[power].isFinite ? [.interests] : [.selection, .interests]
    }

    /// The objective's loss, summed over the samples, `[1, 1]`: of the mean of the interests under the label-aware
    /// attention where p is finite, otherwise of the interest that the objective selects.
    public func trainingLoss(of batch: PackedBatch, under objective: Objective, on tape: Tape) -> Variable {
        let interests = interests(of: batch, on: tape)
        let users =
            power.isFinite
            ? InterestSelection.labelAware(of: interests, power: power, for: batch, in: items, on: tape)
            : objective.select(from: interests, for: batch, in: items, on: tape)
        return objective.loss(of: users, interests: interests, for: batch, in: items, on: tape)
    }
}
