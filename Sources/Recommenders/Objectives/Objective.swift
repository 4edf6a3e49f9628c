import Differentiation
import Interactions
import KernelCore

/// What a model is trained for: which interest, and by which loss.
///
///     u    = select(v_1 ... v_K, e+)          for a model with several interests
///     loss = loss(<u, e+>, <u, e-_1>, ...)
///
/// A model describes its users, the objective does the rest: so every model has every loss. It may have parameters of
/// its own.
public struct Objective: Sendable {
    public let options: ObjectiveOptions
    private let maps: SelectionMaps?

    /// A file of parameters with one of this name is of a model that was trained with the selection `soft-linear`.
    public static let ownParameterName = SelectionMaps.firstName

    /// Registers the parameters of the objective, behind those of the model.
    public init(_ options: ObjectiveOptions, _ context: ModelContext, in scope: ParameterScope) {
        self.options = options
        maps = options.selection == .softLinear ? SelectionMaps(size: context.options.embeddingSize, in: scope) : nil
    }

    /// The vector of each user that is trained, `[B, d]`, by the rule of ``ObjectiveOptions/selection``.
    public func select(
        from interests: Interests, for batch: PackedBatch, in items: Embedding, on tape: Tape
    ) -> Variable {
        let temperature = options.selectionTemperature
        return switch options.selection {
        case .hard: InterestSelection.hardest(of: interests, for: batch, in: items, on: tape)
        case .soft, .softLinear:
            InterestSelection.drawn(
                of: interests, temperature: temperature, maps: maps, for: batch, in: items, on: tape)
        case .expected:
            InterestSelection.labelAware(
                of: interests, power: 1, temperature: temperature, for: batch, in: items, on: tape)
        }
    }

    /// The loss of a mini-batch, summed over its samples, `[1, 1]`.
    ///
    /// - Parameters:
    ///   - users: `[B, d]`.
    ///   - interests: those of the users, for what looks at all of them; nil for a model without.
    public func loss(
        of users: Variable, interests: Interests? = nil, for batch: PackedBatch, in items: Embedding, on tape: Tape
    ) -> Variable {
        switch options.loss {
        case .bpr: tape.rankingLoss(items.scores(of: users, for: batch, on: tape))
        }
    }
}
