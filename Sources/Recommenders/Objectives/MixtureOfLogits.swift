import Differentiation
import Interactions
import KernelCore

/// A mixture of logits (MoL; Zhai et al., "Revisiting Neural Retrieval on Accelerators", KDD 2023; Ding and Zhai,
/// "Retrieval with Learned Similarities", 2024), in the place of the inner product of a user's vector u and an item's e:
///
///     f_1 ... f_A = the parts of W_u u, each of length 1
///     g_1 ... g_B = the parts of W_e e, each of length 1
///     l_ab  = <f_a, g_b>
///     pi    = softmax over (a, b) of  user(u) + item(e) + logits(l)
///     s     = sum_ab pi_ab l_ab
///
/// Each of the three gates is a network of one hidden layer, `W2 SiLU(W1 x + b1)`, that of the user with a bias behind it.
/// Gates are added; the published code has other combinations, dropout on pi, and a loss for the balance of pi beside it.
///
/// The parameters belong to the objective, and are saved with those of the model.
public struct MixtureOfLogits: Sendable {
    let shape: MixtureShape
    private let users: Linear
    private let items: Linear
    private let userGate: (first: Linear, second: Linear)
    private let itemGate: (first: Linear, second: Linear)
    private let network: MixtureNetworkParameters

    /// Items whose vectors are computed at a time.
    private static let tableBlock = 64 * MixtureTable.panelRows

    /// Registers, under `mixture`, `users.weight`, `[A m, d]`, `items.weight`, `[B m, d]`, and the networks
    /// `user_gate`, `item_gate` (`first.weight`, `[H, d]`, `first.bias`, `second.weight`, `[A B, H]`) and `logit_gate`
    /// (`first.weight`, `[H, A B]`); `user_gate.second.bias`, too.
    ///
    /// - Parameter size: d, of users and items.
    /// - Returns: nil where scores are no mixture.
    public init?(_ options: ObjectiveOptions, size: Int, in scope: ParameterScope) {
        guard options.score == .mixture else { return nil }
        let shape = MixtureShape(
            users: options.mixtureUsers, items: options.mixtureItems, size: options.mixtureSize,
            hidden: options.mixtureHidden)
        self.shape = shape
        let scope = scope.within("mixture")
        func linear(_ name: String, _ inputs: Int, _ outputs: Int, bias: Bool, in scope: ParameterScope) -> Linear {
            Linear(
                name, inputs: inputs, outputs: outputs, bias: bias, weights: .xavierNormal(inputs, outputs), in: scope)
        }
        func gate(_ name: String, inputs: Int, bias: Bool) -> (first: Linear, second: Linear) {
            let scope = scope.within(name)
            return (
                linear("first", inputs, shape.hidden, bias: true, in: scope),
                linear("second", shape.hidden, shape.logits, bias: bias, in: scope)
            )
        }
        users = linear("users", size, shape.users * shape.size, bias: false, in: scope)
        items = linear("items", size, shape.items * shape.size, bias: false, in: scope)
        // One bias is enough for the sum of the three.
        userGate = gate("user_gate", inputs: size, bias: true)
        itemGate = gate("item_gate", inputs: size, bias: false)
        let logitScope = scope.within("logit_gate")
        let first = logitScope.within("first")
        network = MixtureNetworkParameters(
            first: first.matrix(
                "weight", rows: shape.hidden, columns: shape.logits, .xavierNormal(shape.logits, shape.hidden)),
            bias: first.vector("bias", count: shape.hidden, .constant(0)),
            second: logitScope.within("second").matrix(
                "weight", rows: shape.logits, columns: shape.hidden, .xavierNormal(shape.hidden, shape.logits)))
    }

    /// The loss of users and their positives against negatives that all of them share, summed over the targets, `[1, 1]`.
    func loss(
        of vectors: Variable, for batch: PackedBatch, in table: Embedding, against negatives: SoftmaxNegatives,
        scale: Float, on tape: Tape, file: StaticString, line: UInt
    ) -> Variable {
        guard case .shared(let list, let count) = negatives.rows else {
            // Trainings are refused where options are read.
            _ = tape.accepts(
                "loss", at: ModelSite(file: file, line: line), false,
                "a mixture of logits is compared with negatives that all samples share: --loss sampled-softmax")
            return tape.zeros(rows: 1, columns: 1)
        }
        let own = map(table.positives(of: batch, on: tape), items, itemGate, parts: shape.items, on: tape)
        let others = map(table(list, count: count, on: tape), items, itemGate, parts: shape.items, on: tape)
        return tape.mixtureLoss(
            of: map(vectors, users, userGate, parts: shape.users, on: tape), positives: batch.positives, own: own,
            against: negatives, items: others, by: network, shape, scale: scale, file: file, line: line)
    }

    /// Users as ``KernelCore/MixtureTable`` is ranked for them.
    ///
    /// - Parameter vectors: `[users, d]`, on a scoring tape.
    public func users(_ vectors: Variable, on tape: Tape) -> MixtureUsers {
        let mapped = map(vectors, users, userGate, parts: shape.users, on: tape)
        return MixtureUsers(
            vectors: mapped.vectors.matrix, gates: mapped.gates.matrix, network: network.network(tape.parameters))
    }

    /// All items of a table but the padding.
    ///
    /// - Parameter tape: begins anew, for scoring.
    public func items(of table: Embedding, on tape: Tape) -> MixtureTable {
        let rows = 1..<max(table.table.rows, 1)
        let result = MixtureTable(shape, rows: rows)
        for start in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.tableBlock) {
            tape.begin(.scoring(seed: 0))
            let count = min(Self.tableBlock, rows.upperBound - start)
            let numbers = tape.arena.allocate(Int32.self, count: count)
            for index in 0..<count { numbers[index] = Int32(start + index) }
            let mapped = map(
                table(UnsafePointer(numbers), count: count, on: tape), items, itemGate, parts: shape.items, on: tape)
            result.fill(from: start, vectors: mapped.vectors.matrix, gates: mapped.gates.matrix)
        }
        return result
    }

    /// The vectors of users or items, and what they bring to the gates.
    private func map(
        _ x: Variable, _ layer: Linear, _ gate: (first: Linear, second: Linear), parts: Int, on tape: Tape
    ) -> MixtureVectors {
        MixtureVectors(
            vectors: tape.normalizeRows(layer(x, on: tape), parts: parts),
            gates: gate.second(tape.sigmoidLinear(gate.first(x, on: tape)), on: tape))
    }
}
