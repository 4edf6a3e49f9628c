import Differentiation
import Interactions
import KernelCore
import Options

/// Sparse-interest network (Tan et al., WSDM 2021): of L concepts that all users share, the K that a history activates.
///
///     z    = sum_l softmax_l(w_2 tanh(W_1 e_l)) e_l              the virtual concept of the history
///     c_k  = sigmoid(<C_i, z>) C_i                               for the K rows i of C with the largest <C_i, z>
///     P_lk = softmax_k <norm1(W_3 e_l), norm2(c_k)>              what concept a position belongs to
///     A_lk = softmax_l  w_k2 tanh(W_k1 (e_l + p_l))              how much a position counts for the next item
///     v_k  = norm3(sum_l P_lk A_lk e_l)                          [K, d] interests
///     h_l  = sum_k P_lk c_k,   q = norm4(sum_l softmax_l(w_5 tanh(W_4 h_l)) h_l)       the concept that comes next
///     u    = sum_k softmax_k(<q, v_k> / tau) v_k,   s = <u, e>   in training and in scoring
///
/// `p` is the embedding of the distance from the end of the history (the newest item has 1); without positions `p = 0`.
/// `W_k1` and `w_k2` belong to the k-th of the active concepts, whichever it is. No gradient flows through the choice of
/// the concepts; it flows through `<C_i, z>` of those that are chosen.
///
/// The norms are layer normalizations, as in the paper. The program of the authors has cosines with a temperature of 0.07
/// for P, multiplies A with P before the softmax, and finds the shares of the interests by way of their mean; RecBole's
/// has vectors of length 1 for norm1 and norm3, no positions, and one matrix for `W_3` and `W_4`.
///
/// With a regularization the loss of a step has in addition its weight times `sum_(i < j) M_ij^2`, where M are the
/// covariances of the concepts.
public struct SINE: SingleVectorRecommender {
    /// L.
    public static let concepts = ModelOption(
        "concepts", default: 50, in: .within(1...100_000), OptionTraits(aliases: ["prototype-size"]),
        help: "Concepts that all users share, of which a user has --interests.")
    /// tau.
    public static let aggregationTemperature = ModelOption(
        "aggregation-temperature", default: Float(0.1), in: .aboveZero("0.1 is the default"),
        OptionTraits(folder: .ifChanged("tau")),
        help: "Temperature of the mean of the interests; the smaller, the nearer to one of them.")
    /// Weight of the covariances of the concepts.
    public static let conceptRegularization = ModelOption(
        "concept-regularization", default: Float(0), in: .fromZero, OptionTraits(folder: .ifChanged("covariance")),
        help: "Weight of the covariances of the concepts in the loss; 0: none.")

    /// Those of the concepts and of the interests.
    public static let options: [any DeclaredModelOption] = [
        ModelOptions.interestsOption, concepts, ComiRec.addPositions, aggregationTemperature, conceptRegularization,
    ]

    /// The items' vectors, `[itemCount + 1, d]`; row 0 is padding.
    public let items: Embedding
    let positions: Embedding?
    let concepts: Parameter
    let activation: SelfAttentivePooling
    let assignment: Linear
    let attention: Linear
    let attentionWeights: Parameter
    let intention: SelfAttentivePooling
    let norms: [LayerNorm]
    let interests: Int
    let temperature: Float
    let regularization: Float

    /// Registers `i_embeddings.weight`, `[itemCount + 1, d]`, with positions `p_embeddings.weight`, `[historyMax + 1, d]`,
    /// `concepts.weight`, `[L, d]`, `activation.W1.weight`, `[d, d]`, `activation.W2.weight`, `[1, d]`,
    /// `assignment.weight`, `[d, d]`, `attention.W1.weight`, `[K d, d]`, `attention.W2.weight`, `[K, d]`, `intention` as
    /// `activation`, and `norm1` to `norm4`.
    public init(_ context: ModelContext, in scope: ParameterScope) {
        let options = context.options
        let size = options.embeddingSize
        interests = options.interests
        temperature = options[Self.aggregationTemperature]
        regularization = options[Self.conceptRegularization]
        let square = Initialization.xavierNormal(size, size)
        func linear(_ name: String, outputs: Int, _ weights: Initialization, in scope: ParameterScope) -> Linear {
            Linear(name, inputs: size, outputs: outputs, bias: false, weights: weights, in: scope)
        }
        func pooling(_ name: String) -> SelfAttentivePooling {
            let own = scope.within(name)
            return SelfAttentivePooling(
                first: linear("W1", outputs: size, square, in: own),
                second: linear("W2", outputs: 1, .xavierNormal(1, size), in: own))
        }
        items = .xavier("i_embeddings", rows: context.itemCount + 1, size: size, in: scope)
        positions =
            options[ComiRec.addPositions]
            ? .xavier("p_embeddings", rows: options.historyMax + 1, size: size, sparse: false, in: scope) : nil
        let count = options[Self.concepts]
        concepts = scope.within("concepts").matrix("weight", rows: count, columns: size, .xavierNormal(count, size))
        activation = pooling("activation")
        assignment = linear("assignment", outputs: size, square, in: scope)
        let own = scope.within("attention")
        attention = linear("W1", outputs: interests * size, square, in: own)
        attentionWeights = own.within("W2").matrix("weight", rows: interests, columns: size, .xavierNormal(1, size))
        intention = pooling("intention")
        norms = (1...4).map { LayerNorm("norm\($0)", size: size, in: scope) }
    }

    /// Refuses more interests than there are concepts.
    public static func checkOptions(_ options: ModelOptions) -> OptionProblem? {
        options.interests <= options[concepts]
            ? nil
            : OptionProblem(
                "--interests is \(options.interests), with \(options[concepts]) --concepts",
                "choose at most as many interests as there are concepts")
    }

    /// The interests under the softmax of what is expected next, `[B, d]`.
    public func userVectors(of batch: PackedBatch, on tape: Tape) -> Variable {
        let histories = batch.histories
        let e = items(batch.historyItems, count: histories.total, on: tape)
        let active = activeConcepts(of: e, over: histories, on: tape)
        let shares = tape.rowSoftmax(
            tape.sequenceProducts(
                norms[0](assignment(e, on: tape), on: tape), with: norms[1](active, on: tape), perSequence: interests,
                over: histories))
        let placed = positions.map { tape.add(e, $0.byAge(histories, on: tape)) } ?? e
        let hidden = tape.hyperbolicTangent(attention(placed, on: tape))
        let weights = tape.sequenceSoftmax(tape.blockProducts(hidden, weight: attentionWeights), over: histories)
        let vectors = norms[2](tape.pool(e, weights: tape.multiply(shares, weights), over: histories), on: tape)
        let concepts = tape.spread(active, weights: shares, over: histories)
        let next = norms[3](intention(values: concepts, keys: concepts, over: histories, on: tape).vectors, on: tape)
        let agreement = tape.scores(of: next, items: vectors, perUser: interests, scale: 1 / temperature)
        return tape.mix(vectors, weights: tape.rowSoftmax(agreement))
    }

    /// The loss of the objective and of the covariances of the concepts, summed over the samples, `[1, 1]`.
    public func trainingLoss(of batch: PackedBatch, under objective: Objective, on tape: Tape) -> Variable {
        let users = userVectors(of: batch, on: tape)
        let loss = objective.loss(of: users, for: batch, in: items, on: tape)
        guard regularization > 0 else { return loss }
        // Once a step, of which the loss of a sample is a part.
        let weight = regularization * Float(batch.targetCount)
        return tape.add(loss, tape.rowCovariance(of: concepts, weight: weight))
    }

    /// `c_k`, `[B * K, d]`.
    private func activeConcepts(of e: Variable, over histories: JaggedOffsets, on tape: Tape) -> Variable {
        let z = activation(values: e, keys: e, over: histories, on: tape).vectors
        let rows = tape.largestProducts(of: concepts, with: z, count: interests)
        let chosen = tape.rows(rows, of: concepts, count: z.rows * interests)
        return tape.gateRows(chosen, gates: tape.scores(of: z, items: chosen, perUser: interests))
    }
}
