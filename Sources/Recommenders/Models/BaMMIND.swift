import Differentiation
import Interactions
import KernelCore

/// MIND in the variant that BaM's models are published in:
///
///     x_l  = S e_l,    B_kl ~ N(0, 1)  for the slots l = 1 ... historyMax
///     W_kl = exp(B_kl) / sum over all slots of exp(B_kl)
///     v_k  = squash(sum over the history of W_kl x_l),    B_kl = B_kl + <x_l, v_k>,    several times
///
/// The weights are normalized over slots, those beyond the history included: they keep their first logits, and swallow
/// weight. So the interests depend on `historyMax`; `MIND --routing positions` is the same without this. Only the sum of
/// the exponentials of the empty slots is computed. Initial values are N(0, sqrt(2 / d)).
public struct BaMMIND: MultiInterestRecommender {
    /// Those of the routing that BaM has.
    public static let options: [any DeclaredModelOption] = [ModelOptions.interestsOption, DynamicRouting.iterations]

    /// The items' vectors, `[itemCount + 1, d]`; row 0 is padding.
    public let items: Embedding
    let transformation: Linear
    let interests: Int
    let iterations: Int
    let historyMax: Int

    /// Registers `embeddings.weight`, `[itemCount + 1, d]`, and `capsule_network.linear.weight`, `[d, d]`.
    public init(_ context: ModelContext, in scope: ParameterScope) {
        let options = context.options
        let size = options.embeddingSize
        items = .withFan(size, "embeddings", rows: context.itemCount + 1, size: size, in: scope)
        let capsules = scope.within("capsule_network")
        transformation = Linear(
            "linear", inputs: size, outputs: size, bias: false, initialization: .fan(size), in: capsules)
        interests = options.interests
        iterations = options[DynamicRouting.iterations]
        historyMax = options.historyMax
    }

    /// K interests a user, `[B * K, d]`. Chance decides which is the first: those of two users do not correspond.
    public func interests(of batch: PackedBatch, on tape: Tape) -> Interests {
        let histories = batch.histories
        let x = transformation(items(batch.historyItems, count: histories.total, on: tape), on: tape)
        let plan = RoutingPlan(
            over: histories, to: InterestGroups(perUser: interests), columns: x.columns, iterations: iterations,
            overPositions: true)
        let (logits, absent) = firstLogits(of: batch, on: tape)
        return Interests(
            vectors: tape.route(x, by: plan, logits: logits, absent: absent), perUser: interests, correspond: false)
    }

    /// The logits of the slots of the histories, `[K, sequences.total]`, and for each user and interest the sum of the
    /// exponentials of those of the other slots, `[B, K]`.
    private func firstLogits(
        of batch: PackedBatch, on tape: Tape
    ) -> (UnsafeMutablePointer<Float>, UnsafePointer<Float>) {
        let histories = batch.histories
        let offsets = tape.arena.allocate(Int32.self, count: histories.count + 1)
        for user in 0...histories.count { offsets[user] = Int32(user * historyMax) }
        let slots = JaggedOffsets(offsets: offsets, count: histories.count)
        let all = tape.standardNormals(columns: interests, over: slots, users: batch.users)
        let logits = tape.arena.allocate(Float.self, count: interests * histories.total)
        let absent = tape.arena.allocate(Float.self, count: histories.count * interests)
        for interest in 0..<interests {
            for user in 0..<histories.count {
                let length = histories.length(user)
                let row = all + (interest * slots.total + user * historyMax)
                (logits + (interest * histories.total + histories.start(user))).update(from: row, count: length)
                Kernel.exponential(row + length, into: row + length, count: historyMax - length)
                var sum: Float = 0
                for slot in length..<historyMax { sum += row[slot] }
                absent[user * interests + interest] = sum
            }
        }
        tape.note(
            "first logits",
            Work(2 * interests * (slots.total - histories.total), floats: interests * (slots.total + histories.total)))
        return (logits, UnsafePointer(absent))
    }
}
