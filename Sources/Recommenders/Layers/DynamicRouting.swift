import Differentiation
import Interactions
import KernelCore
import Options

/// Dynamic routing of a history to K interests (Sabour et al. 2017, as used by MIND and ComiRec-DR):
///
///     x_kl = S e_l,     B_kl ~ N(0, 1)             one matrix for all, or
///     x_kl = W_lk e_l,  B_kl = 0                   one for every position and interest
///     A    = softmax(B)                            over the interests, or over the positions
///     v_k  = squash(sum_l A_kl x_kl),              squash(z) = (|z|^2 / (1 + |z|^2))^p z / sqrt(|z|^2 + 1e-9)
///     B_kl = B_kl + <x_kl, v_k>                    and again, for a number of iterations, or
///     B_kl = s cos(x_kl, sum_l A_kl x_kl)          with a scale s of the logits
///     v_k  = relu(W_1 v_k + b_1)                   with the ReLU layer
///
/// The power p is 1 as published. With a scale of the logits, as in EasyRec's MIND, the logits of an iteration are the
/// cosines of this one alone, and interests are squashed after the last one only. No gradient flows through `A` and `B`.
/// Drawn logits are drawn by step and sample in training, by user in scoring.
public struct DynamicRouting: Sendable {
    /// What an interest sees of an item.
    public enum Predictions: Sendable {
        /// `S e_l`, the same for all interests, which differ by their random first logits (MIND).
        case shared
        /// `W_lk e_l` for the l-th oldest item of the history (ComiRec-DR): the interests differ by their matrices, and
        /// the first logits are 0.
        case perPositionAndInterest
    }

    private enum Transformation {
        case shared(Linear)
        case perPositionAndInterest(Parameter)
    }

    /// Iterations of the routing.
    public static let iterations = ModelOption(
        "iterations", default: 3, in: .within(1...100), help: "Iterations of dynamic routing.")
    /// Whether a linear layer with ReLU follows the routing.
    public static let reluLayer = ModelOption(
        "relu-layer", default: false, OptionTraits(folder: .ifChanged("relu")),
        help: "Add a linear layer with ReLU behind the routing (0/1).")
    /// What the weights are normalized over.
    public static let normalization = ModelOption(
        "routing", default: RoutingNormalization.interests, OptionTraits(folder: .ifChanged("over-")),
        help: "What the routing weights are normalized over: interests or positions.")

    /// Power p of the squashing.
    public static let squashPower = ModelOption(
        "squash-power", default: Float(1), in: .aboveZero("1 is that of the papers"),
        help: "Power of the squashing: below 1 it leaves more of short interests.")
    /// The scale s of logits that are cosines; 0: they are sums of inner products.
    public static let logitScale = ModelOption(
        "routing-scale", default: Float(0), in: .fromZero,
        help: "Routing logits are cosines times this; 0: the sums of inner products of the papers.")

    /// What a model with the routing reads.
    public static let options: [any DeclaredModelOption] = [
        ModelOptions.interestsOption, iterations, reluLayer, normalization, squashPower, logitScale,
    ]

    private let transformation: Transformation
    private let layer: Linear?
    private let size: Int
    private let interests: Int
    private let iterations: Int
    private let normalization: RoutingNormalization
    private let squashPower: Float
    private let logitScale: Float
    private let isAdaptive: Bool

    /// The parameters are called `routing.S.weight` `[d, d]` or `routing.W.weight` `[historyMax, K d, d]`, and
    /// `routing.layer.0.weight` and `routing.layer.0.bias`.
    ///
    /// The matrices `W` start as N(0, 1), as the authors of ComiRec do it, those of other layers as N(0, 0.01). With
    /// N(0, 0.01) for `W` the first predictions are so short that the squashing leaves nothing of them: on Grocery and
    /// Gourmet Food all interests end at 0.
    ///
    /// - Parameter isAdaptive: whether a user with L items has `max(1, min(K, floor(log2 L)))` interests only.
    public init(
        _ options: ModelOptions, predictions: Predictions = .shared, isAdaptive: Bool = false,
        in scope: ParameterScope, file: StaticString = #fileID, line: UInt = #line
    ) {
        size = options.embeddingSize
        let scope = scope.within("routing")
        transformation =
            switch predictions {
            case .shared:
                .shared(Linear("S", inputs: size, outputs: size, bias: false, in: scope, file: file, line: line))
            case .perPositionAndInterest:
                .perPositionAndInterest(
                    scope.within("W").matrix(
                        "weight", shape: [options.historyMax, options.interests * size, size], .normal(deviation: 1),
                        file: file, line: line))
            }
        layer =
            options[Self.reluLayer]
            ? Linear("layer.0", inputs: size, outputs: size, in: scope, file: file, line: line) : nil
        interests = options.interests
        iterations = options[Self.iterations]
        normalization = options[Self.normalization]
        squashPower = options[Self.squashPower]
        logitScale = options[Self.logitScale]
        self.isAdaptive = isAdaptive
    }

    /// The interests of the users of a batch, from the vectors of their histories' items, `[T, d]`.
    ///
    /// No history may be longer than `historyMax` if every position has a matrix of its own.
    public func callAsFunction(
        _ items: Variable, for batch: PackedBatch, on tape: Tape, file: StaticString = #fileID, line: UInt = #line
    ) -> Interests {
        let histories = batch.histories
        let counts = isAdaptive ? interestCounts(histories, on: tape) : nil
        let x: Variable
        let logits: UnsafeMutablePointer<Float>
        switch transformation {
        case .shared(let linear):
            logits = tape.standardNormals(
                columns: interests, over: histories, users: batch.users, file: file, line: line)
            x = linear(items, on: tape, file: file, line: line)
        case .perPositionAndInterest(let weight):
            logits = tape.arena.allocateZeroed(Float.self, count: interests * histories.total)
            x = tape.groupedLinear(
                items, groups: tape.positionsFromOldest(histories), weight: weight, outputs: interests * size,
                file: file, line: line)
        }
        let plan = RoutingPlan(
            over: histories, to: InterestGroups(perUser: interests, counts: counts), columns: size,
            iterations: iterations, overPositions: normalization == .positions, hasRowsPerInterest: hasRowsPerInterest,
            squashPower: squashPower, logitScale: logitScale)
        let routed = tape.route(x, by: plan, logits: logits, file: file, line: line)
        let vectors =
            layer.map {
                tape.relu($0(routed, on: tape, file: file, line: line), file: file, line: line)
            } ?? routed
        return Interests(
            vectors: vectors, perUser: interests, counts: counts, correspond: hasRowsPerInterest, file: file,
            line: line)
    }

    private var hasRowsPerInterest: Bool {
        switch transformation {
        case .shared: false
        case .perPositionAndInterest: true
        }
    }

    /// `max(1, min(K, floor(log2 L)))` for histories of L items.
    private func interestCounts(_ histories: JaggedOffsets, on tape: Tape) -> UnsafePointer<Int32> {
        let counts = tape.arena.allocate(Int32.self, count: histories.count)
        for user in 0..<histories.count {
            let length = histories.length(user)
            let logarithm = length > 0 ? Int.bitWidth - 1 - length.leadingZeroBitCount : 0
            counts[user] = Int32(max(1, min(interests, logarithm)))
        }
        return UnsafePointer(counts)
    }
}

/// What the weights of dynamic routing are normalized over.
public enum RoutingNormalization: String, Sendable, CaseIterable, OptionValue {
    /// Every item of the history is shared out among the interests (Sabour et al. 2017; MIND; ComiRec-DR).
    case interests
    /// Every interest is a weighted mean of the history, as in the code of BaM.
    case positions
}
