import Differentiation
import Interactions
import KernelCore

/// Dynamic routing of a history to K interests (Sabour et al. 2017, as used by MIND):
///
///     x_l  = S e_l,    B_kl ~ N(0, 1)
///     W    = softmax(B)                            over the interests, or over the positions
///     v_k  = squash(sum_l W_kl x_l),               squash(z) = |z|^2 / (1 + |z|^2) z / sqrt(|z|^2 + 1e-9)
///     B_kl = B_kl + <x_l, v_k>                     and again, for a number of iterations
///     v_k  = relu(W_1 v_k + b_1)                   with the ReLU layer
///
/// No gradient flows through `W` and `B`. The first `B` is drawn by step and sample in training, by user in scoring.
public struct DynamicRouting: Sendable {
    let transformation: Linear
    let layer: Linear?
    let interests: Int
    let iterations: Int
    let normalization: RoutingNormalization
    let isAdaptive: Bool

    /// The parameters are called `routing.S.weight`, `routing.layer.0.weight` and `routing.layer.0.bias`.
    ///
    /// - Parameter isAdaptive: whether a user with L items has `max(1, min(K, floor(log2 L)))` interests only.
    public init(_ options: ModelOptions, isAdaptive: Bool = false, in scope: ParameterScope) {
        let size = options.embeddingSize
        let scope = scope.within("routing")
        transformation = Linear("S", inputs: size, outputs: size, bias: false, in: scope)
        layer = options.reluLayer ? Linear("layer.0", inputs: size, outputs: size, in: scope) : nil
        interests = options.interests
        iterations = options.iterations
        normalization = options.routing
        self.isAdaptive = isAdaptive
    }

    /// The interests of the users of a batch, from the vectors of their histories' items, `[T, d]`.
    public func callAsFunction(_ items: Variable, for batch: PackedBatch, on tape: Tape) -> Interests {
        let segments = batch.histories.segments
        let counts = isAdaptive ? interestCounts(segments, on: tape) : nil
        let plan = RoutingPlan(
            segments: segments, interests: interests, columns: items.columns, iterations: iterations,
            overPositions: normalization == .positions, counts: counts)
        let logits = tape.standardNormals(columns: interests, over: segments, users: batch.users)
        let routed = tape.route(transformation(items, on: tape), by: plan, logits: logits)
        let vectors = layer.map { tape.rectify($0(routed, on: tape)) } ?? routed
        return Interests(vectors: vectors, perUser: interests, counts: counts)
    }

    /// `max(1, min(K, floor(log2 L)))` for histories of L items.
    private func interestCounts(_ segments: Segments, on tape: Tape) -> UnsafePointer<Int32> {
        let counts = tape.arena.allocate(Int32.self, count: segments.count)
        for segment in 0..<segments.count {
            let length = segments.length(segment)
            let logarithm = length > 0 ? Int.bitWidth - 1 - length.leadingZeroBitCount : 0
            counts[segment] = Int32(max(1, min(interests, logarithm)))
        }
        return UnsafePointer(counts)
    }
}
