import Differentiation
import Interactions
import KernelCore
import Options

/// TiMiRec: target-interest distillation (Wang et al., CIKM 2022). In the stage `finetune`:
///
///     v = extractor(history)                         [K, d]
///     y = predictor(history)                         [K]
///     u = sum_k softmax(y)_k v_k                     in training and in scoring
///     loss = ranking loss(<u, e>) + T^2 KL(softmax(c / T) || softmax(y / T)),     c_k = cos(v_k, e+)
///
/// The ranking loss is the objective's. No gradient flows through `c`. The extractor starts from the stage `pretrain`. In
/// that stage there is no predictor: the extractor is the whole model, and the objective selects the interest that is
/// trained.
public struct TiMiRec: Recommender {
    /// Temperature T of the distillation.
    public static let temperature = ModelOption(
        "temp", default: Float(1), in: .atLeast(1e-3, "1 is the default"),
        OptionTraits(aliases: ["temperature"], folder: .never), help: "Temperature of the distillation.")

    /// Those of the extractor, of the distillation and of the predictor.
    public static let options = MultiInterestExtractor.options + [temperature, InterestPredictor.layers]

    let extractor: MultiInterestExtractor
    /// nil in the stage `pretrain`.
    let predictor: InterestPredictor?
    let temperature: Float

    /// Prefix of the extractor's parameters, the same in both stages.
    public static let extractorScope = "interest_extractor"

    /// Registers the parameters of the extractor under ``extractorScope``; those of ``InterestPredictor`` too unless the
    /// stage is `pretrain`.
    public init(_ context: ModelContext, in scope: ParameterScope) {
        extractor = MultiInterestExtractor(context, in: scope.within(Self.extractorScope))
        predictor = context.stage == .pretrain ? nil : InterestPredictor(context, in: scope)
        temperature = context.options[Self.temperature]
    }

    /// The extractor's item vectors, `[itemCount + 1, d]`; those of the predictor score nothing.
    public var items: Embedding { extractor.items }

    /// The stage `pretrain` leaves the choice of the interest to the objective; the stage `finetune` mixes all of them.
    public static func objectiveSupport(_ options: ModelOptions, in stage: TrainingStage?) -> ObjectiveSupport {
        stage == .pretrain ? MultiInterestExtractor.objectiveSupport(options, in: stage) : [.interests, .attention]
    }

    /// The objective's loss of the mean interest and the distillation loss, summed over the samples, `[1, 1]`; that of the
    /// extractor where there is no predictor.
    public func trainingLoss(of batch: PackedBatch, under objective: Objective, on tape: Tape) -> Variable {
        guard let predictor else { return extractor.trainingLoss(of: batch, under: objective, on: tape) }
        let interests = extractor.interests(of: batch, on: tape)
        let logits = predictor(batch, on: tape)
        let users = tape.mix(interests.vectors, weights: tape.rowSoftmax(logits))
        let ranking = objective.loss(of: users, interests: interests, for: batch, in: items, on: tape)
        // The cosines below are computed beside the tape.
        guard tape.error == nil else { return ranking }
        let target = tape.arena.allocate(Float.self, count: interests.vectors.rows)
        Kernel.cosines(
            interests.vectors.matrix, interests.groups, positives: batch.positives,
            table: tape.parameters(items.table), into: target)
        tape.note(
            "cosines of the positive",
            Work(4 * interests.vectors.count, floats: interests.vectors.count + interests.vectors.rows))
        return tape.add(ranking, tape.distillationLoss(target: target, logits: logits, temperature: temperature))
    }

    /// One vector a user, `[B, d]`: the mean of the interests, weighted by the softmax of the predictor; where there is
    /// none, the extractor's K interests a user, `[B * K, d]`.
    public func queries(of batch: PackedBatch, on tape: Tape) -> Interests {
        guard let predictor else { return extractor.queries(of: batch, on: tape) }
        let interests = extractor.interests(of: batch, on: tape)
        let weights = tape.rowSoftmax(predictor(batch, on: tape))
        return Interests(vectors: tape.mix(interests.vectors, weights: weights), perUser: 1)
    }
}
