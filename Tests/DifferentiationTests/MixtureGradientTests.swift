import Differentiation
import Glibc
import KernelCore
import Testing

/// The loss of a mixture of logits, and its gradient, against differences and plain loops.
@Suite struct MixtureGradientTests {
    struct Case: Sendable, CustomStringConvertible {
        var samples = 5
        var list = 11
        var shape = MixtureShape(users: 3, items: 2, size: 5, hidden: 4)
        var masks = false
        var importance: Float = 0
        var smoothing: Float = 0

        var description: String {
            "\(samples) samples, \(list) negatives, \(shape), masked \(masks), beta \(importance), e \(smoothing)"
        }
    }

    static let cases = [
        Case(), Case(masks: true), Case(importance: 0.7), Case(smoothing: 0.2),
        // Several groups of users, several blocks of items, and blocks that are not full.
        Case(samples: 37, list: 100), Case(samples: 70, list: 64, masks: true),
        Case(shape: MixtureShape(users: 1, items: 1, size: 3, hidden: 1)),
        Case(shape: MixtureShape(users: 1, items: 3, size: 16, hidden: 17)),
        Case(list: 70, shape: MixtureShape(users: 8, items: 4, size: 4, hidden: 16)),
    ]

    /// Vectors, gates and a network, of random values.
    private final class Setting {
        let input: Case
        let storage: ParameterStorage
        let users: (vectors: Parameter, gates: Parameter)
        let items: (vectors: Parameter, gates: Parameter)
        let own: (vectors: Parameter, gates: Parameter)
        let network: MixtureNetworkParameters
        let positives: Fixed<Int32>
        let list: Fixed<Int32>
        let offsets = Fixed<Float>((0..<40).map { Float($0 % 6) / 4 })

        init(_ input: Case) {
            self.input = input
            let shape = input.shape
            let layout = ParameterLayout()
            func vectors(_ name: String, _ rows: Int, parts: Int) -> (vectors: Parameter, gates: Parameter) {
                (
                    layout.root.matrix(name, rows: rows, columns: parts * shape.size, .normal(deviation: 0.6)),
                    layout.root.matrix(name + "_gates", rows: rows, columns: shape.logits, .normal(deviation: 0.6))
                )
            }
            users = vectors("users", input.samples, parts: shape.users)
            items = vectors("items", input.list, parts: shape.items)
            own = vectors("own", input.samples, parts: shape.items)
            network = MixtureNetworkParameters(
                first: layout.root.matrix(
                    "first", rows: shape.hidden, columns: shape.logits, .normal(deviation: 0.6)),
                bias: layout.root.vector("bias", count: shape.hidden, .normal(deviation: 0.6)),
                second: layout.root.matrix(
                    "second", rows: shape.logits, columns: shape.hidden, .normal(deviation: 0.6)))
            storage = ParameterStorage(layout)
            storage.values.initialize(layout, seed: 17)
            positives = Fixed((0..<input.samples).map { Int32($0 * 5 % 19) + 1 })
            list = Fixed((0..<input.list).map { Int32($0 * 7 % 23) + 1 })
        }

        func loss(on tape: Tape) -> Variable {
            func vectors(_ parameters: (vectors: Parameter, gates: Parameter)) -> MixtureVectors {
                MixtureVectors(vectors: tape(parameters.vectors), gates: tape(parameters.gates))
            }
            return tape.mixtureLoss(
                of: vectors(users), positives: PositiveItems(positives.pointer), own: vectors(own),
                against: SoftmaxNegatives(
                    .shared(list.pointer, count: list.count), offsets: offsets.pointer, masksPositives: input.masks,
                    importance: input.importance, comparison: .softmax(smoothing: input.smoothing)),
                items: vectors(items), by: network, input.shape, scale: 2)
        }

        /// The loss in double precision, one pair after another.
        func plainLoss() -> Double {
            var loss = 0.0
            for sample in 0..<input.samples {
                let target = positives.pointer[sample]
                let positive = 2 * score(sample, own, sample) + offset(target)
                let others = (0..<input.list).filter { !input.masks || list.pointer[$0] != target }.map {
                    2 * score(sample, items, $0) + offset(list.pointer[$0])
                }
                let weights = others.map { exp(Double(input.importance) * $0) }
                let mean = weights.reduce(0, +) / Double(max(weights.count, 1))
                let sum = zip(others, weights).reduce(0) { $0 + $1.1 / mean * exp($1.0) }
                loss += log(exp(positive) + sum) - positive
                let even = (others.reduce(0, +) + positive) / Double(others.count + 1)
                loss += Double(input.smoothing) * (positive - even)
            }
            return loss
        }

        private func offset(_ item: Int32) -> Double { Double(offsets.pointer[Int(item)]) }

        /// The score of a pair, in double precision.
        func score(_ user: Int, _ side: (vectors: Parameter, gates: Parameter), _ item: Int) -> Double {
            let shape = input.shape
            func value(_ parameter: Parameter, _ index: Int) -> Double { Double(storage.values(parameter)[index]) }
            let logits = (0..<shape.logits).map { logit in
                (0..<shape.size).reduce(0.0) { sum, column in
                    let f = (user * shape.users + logit / shape.items) * shape.size + column
                    let g = (item * shape.items + logit % shape.items) * shape.size + column
                    return sum + value(users.vectors, f) * value(side.vectors, g)
                }
            }
            let hidden = (0..<shape.hidden).map { unit in
                let x = (0..<shape.logits).reduce(value(network.bias, unit)) {
                    $0 + value(network.first, unit * shape.logits + $1) * logits[$1]
                }
                return x / (1 + exp(-x))
            }
            let powers = (0..<shape.logits).map { logit in
                let gate =
                    value(users.gates, user * shape.logits + logit) + value(side.gates, item * shape.logits + logit)
                return exp(
                    (0..<shape.hidden).reduce(gate) {
                        $0 + value(network.second, logit * shape.hidden + $1) * hidden[$1]
                    }
                )
            }
            return zip(powers, logits).reduce(0) { $0 + $1.0 * $1.1 } / powers.reduce(0, +)
        }
    }

    @Test(arguments: cases.filter { $0.samples * $0.list < 100 }) func `the gradient is right`(input: Case) throws {
        let setting = Setting(input)
        let worst = try GradientCheck(setting.storage, elementsPerParameter: 24).worstDeviation {
            setting.loss(on: $0)
        }
        // The loss is a single 32-bit number.
        #expect(worst.relative < 10 * GradientCheck.tolerance, "\(worst)")
    }

    @Test(arguments: cases) func `the loss is that of plain loops`(input: Case) {
        let setting = Setting(input)
        let tape = Tape(parameters: setting.storage.values)
        tape.begin(.scoring(seed: 0))
        let found = Double(setting.loss(on: tape).value[0])
        let expected = setting.plainLoss()
        #expect(abs(found - expected) < 2e-5 * abs(expected))
    }

    /// The differences are those of double precision: many samples and blocks have losses whose rounding would hide small
    /// derivatives.
    @Test(arguments: cases) func `the gradient is that of plain loops`(input: Case) {
        let setting = Setting(input)
        let recording = Recording(setting.storage, rowCapacity: 1)
        recording.step(samples: Fixed<UInt32>([0])) { setting.loss(on: $0) }
        for specification in setting.storage.layout.specifications {
            let parameter = specification.parameter
            let found = recording.dense(parameter)
            let largest = found.map(abs).max() ?? 0
            // One logit has the whole share, whatever the gates.
            #expect(largest > 1e-3 || input.shape.logits == 1, "\(specification.name)")
            let values = setting.storage.values(parameter)
            for index in stride(from: 0, to: parameter.count, by: max(parameter.count / 10, 1)) {
                let known = values[index]
                values[index] = known + 1e-2
                let (above, upper) = (setting.plainLoss(), Double(values[index]))
                values[index] = known - 1e-2
                let (below, lower) = (setting.plainLoss(), Double(values[index]))
                values[index] = known
                let expected = (above - below) / (upper - lower)
                #expect(
                    abs(Double(found[index]) - expected) < 1e-3 * Double(largest) + 1e-5,
                    "\(specification.name) \(index): \(found[index]), \(expected)")
            }
        }
    }
}
