import Differentiation
import Glibc
import Interactions
import KernelCore
import Recommenders
import Testing

/// What an objective makes of the users and interests of a model.
@Suite struct ObjectiveTests {
    private static let itemCount = 9
    private static let size = 8
    private static let interests = 3

    /// Interests, items and a mini-batch, with values large enough for shares that differ.
    private final class Setting {
        let storage: ParameterStorage
        let vectors: Parameter
        let items: Embedding
        let objective: Objective
        let batch = PackedBatch()

        init(_ options: ObjectiveOptions, negatives: Int = 5, batchSize: Int = 4) {
            let layout = ParameterLayout()
            vectors = layout.root.matrix(
                "v", rows: 4 * ObjectiveTests.interests, columns: ObjectiveTests.size, .normal(deviation: 0.8))
            items = Embedding("items", rows: ObjectiveTests.itemCount + 1, size: ObjectiveTests.size, in: layout.root)
            var model = ModelOptions()
            model.embeddingSize = ObjectiveTests.size
            objective = Objective(
                options, negatives: negatives, batchSize: batchSize,
                ModelContext(
                    model, userCount: 4, itemCount: ObjectiveTests.itemCount,
                    itemCounts: [0, 1, 5, 5, 2, 0, 9, 3, 1, 4]), in: layout.root)
            storage = ParameterStorage(layout)
            storage.values.initialize(layout, seed: 5)
            let table = storage.values(items.table)
            for index in 0..<items.table.count { table[index] *= 80 }
            batch.fill(
                users: [1, 2, 3, 4], histories: [[1], [2, 3], [4, 5], [9]],
                candidates: [[6, 1], [2, 4], [6, 8], [9, 3]], sampleNames: [11, 5, 8, 2])
        }

        /// The selected vectors of a step.
        func selected(step: UInt32 = 1) -> [Float] {
            let tape = Tape(parameters: storage.values)
            tape.begin(.training(sampleNames: batch.sampleNames, seed: 3, step: step))
            let users = objective.select(from: interests(on: tape), for: batch, in: items, on: tape)
            return (0..<users.count).map { users.value[$0] }
        }

        func interests(on tape: Tape) -> Interests {
            Interests(vectors: tape(vectors), perUser: ObjectiveTests.interests)
        }

        /// The loss of the interests' first vectors in a step.
        func loss(step: UInt32 = 1, withInterests: Bool = false) -> Float {
            let tape = Tape(parameters: storage.values)
            tape.begin(.training(sampleNames: batch.sampleNames, seed: 3, step: step))
            return loss(on: tape, withInterests: withInterests).value[0]
        }

        /// The same on a tape that has begun.
        func loss(on tape: Tape, withInterests: Bool = false) -> Variable {
            let first = tape.arena.allocateZeroed(Int32.self, count: 4)
            let interests = interests(on: tape)
            let users = tape.select(first, from: interests.vectors, perUser: ObjectiveTests.interests)
            return objective.loss(
                of: users, interests: withInterests ? interests : nil, for: batch, in: items, on: tape)
        }

        /// The product of interest k of a user with an item.
        func score(_ user: Int, _ k: Int, _ item: Int) -> Double {
            let vector = storage.values(vectors) + (user * ObjectiveTests.interests + k) * ObjectiveTests.size
            let row = storage.values(items.table) + item * ObjectiveTests.size
            return (0..<ObjectiveTests.size).reduce(0) { $0 + Double(vector[$1]) * Double(row[$1]) }
        }

        func vector(_ user: Int, _ k: Int) -> [Float] {
            let start = storage.values(vectors) + (user * ObjectiveTests.interests + k) * ObjectiveTests.size
            return (0..<ObjectiveTests.size).map { start[$0] }
        }

        func positive(_ user: Int) -> Int { Int(batch.candidates[user * 2]) }
    }

    private static func options(_ change: (inout ObjectiveOptions) -> Void) -> ObjectiveOptions {
        var options = ObjectiveOptions()
        change(&options)
        return options
    }

    @Test(arguments: [InterestSelection.soft, .softLinear])
    func `a soft selection draws every interest and follows the temperature to the best`(
        selection: InterestSelection
    ) {
        let setting = Setting(Self.options { $0.selection = selection })
        let steps = (1...60).map { setting.selected(step: $0) }
        for user in 0..<4 {
            let drawn = Set(steps.map { Array($0[user * Self.size..<(user + 1) * Self.size]) })
            #expect(drawn.isSubset(of: (0..<Self.interests).map { setting.vector(user, $0) }))
        }
        #expect(Set(steps).count > 10)
        #expect(setting.selected(step: 7) == steps[6])
        let sharp = Setting(
            Self.options {
                $0.selection = selection
                $0.selectionTemperature = 1e6
            })
        #expect(Set((1...20).map { sharp.selected(step: $0) }).count == 1)
        let hard = Setting(ObjectiveOptions())
        // The linear maps have another opinion of what fits best.
        #expect((sharp.selected() == hard.selected()) == (selection == .soft))
    }

    @Test func `the expected interest is the mean under the softmax`() {
        let setting = Setting(
            Self.options {
                $0.selection = .expected
                $0.selectionTemperature = 2
            })
        let users = setting.selected()
        for user in 0..<4 {
            let powers = (0..<Self.interests).map { exp(2 * setting.score(user, $0, setting.positive(user))) }
            for column in 0..<Self.size {
                let expected = (0..<Self.interests).reduce(0.0) {
                    $0 + powers[$1] / powers.reduce(0, +) * Double(setting.vector(user, $1)[column])
                }
                #expect(abs(Double(users[user * Self.size + column]) - expected) < 1e-5)
            }
        }
    }

    @Test func `the maps of soft-linear are named as published and are not shrunk`() throws {
        let layout = Setting(Self.options { $0.selection = .softLinear }).storage.layout
        for (name, shape) in [("l1.weight", [16, 8]), ("l1.bias", [16]), ("l2.weight", [16, 8]), ("l2.bias", [16])] {
            let specification = try #require(layout.specification(named: name))
            #expect(specification.shape == shape)
            #expect(!specification.isRegularized)
        }
        #expect(Setting(ObjectiveOptions()).storage.layout.specification(named: "l1.weight") == nil)
    }

    @Test func `the full softmax is the cross entropy over all items`() {
        for withInterests in [false, true] {
            let setting = Setting(
                Self.options {
                    $0.loss = .fullSoftmax
                    $0.hasMultiInterestLoss = withInterests
                })
            var expected = 0.0
            for user in 0..<4 {
                let positive = setting.positive(user)
                func crossEntropy(_ weight: (Int) -> Double) -> Double {
                    log((1...Self.itemCount).map(weight).reduce(0, +)) - log(weight(positive))
                }
                expected += crossEntropy { exp(setting.score(user, 0, $0)) }
                if withInterests {
                    expected += crossEntropy { item in
                        (0..<Self.interests).map { exp(setting.score(user, $0, item)) }.reduce(0, +)
                    }
                }
            }
            #expect(abs(Double(setting.loss(withInterests: withInterests)) - expected) < 1e-4)
        }
    }

    /// With so many negatives that each item comes as often as its probability says.
    @Test(arguments: NegativeProposal.allCases.filter { $0 != .batch }, [true, false])
    func `the sampled softmax with its correction comes near the full one`(
        proposal: NegativeProposal, isShared: Bool
    ) {
        let count = 10_000
        let setting = Setting(
            Self.options {
                $0.loss = .sampledSoftmax
                $0.proposal = proposal
                $0.sharesNegatives = isShared
            }, negatives: count)
        // log(exp(s+ - log q+) + count sum_i exp(s_i)) - (s+ - log q+), for E[exp(s - log q)] = sum_i exp(s_i).
        let ranked = [6, 2, 3, 9, 7, 4, 1, 8, 5]
        let shares = [0, 1, 5, 5, 2, 0, 9, 3, 1, 4].map { Double($0) / 30 }
        func probability(_ item: Int) -> Double {
            let rank = Double(ranked.firstIndex(of: item)! + 1)
            return switch proposal {
            case .uniform: 1 / Double(Self.itemCount)
            case .logUniform: log((rank + 1) / rank) / log(Double(Self.itemCount + 1))
            case .popularity, .batch: shares[item]
            case .mixed: 0.5 / Double(Self.itemCount) + 0.5 * shares[item]
            }
        }
        var expected = 0.0
        for user in 0..<4 {
            let positive = setting.positive(user)
            let own = exp(setting.score(user, 0, positive)) / probability(positive)
            // An item without interactions is never drawn by its interactions.
            let drawn = (1...Self.itemCount).filter { probability($0) > 0 }
            let others = Double(count) * drawn.map { exp(setting.score(user, 0, $0)) }.reduce(0, +)
            expected += log(own + others) - log(own)
        }
        #expect(abs(Double(setting.loss()) - expected) < 0.1)
        #expect(setting.loss(step: 1) != setting.loss(step: 2))
    }

    @Test func `the negatives of a batch are the positives of its other samples, corrected by their shares`() {
        let setting = Setting(
            Self.options {
                $0.loss = .sampledSoftmax
                $0.proposal = .batch
            })
        let shares = [0, 1, 5, 5, 2, 0, 9, 3, 1, 4].map { Double($0) / 30 }
        var expected = 0.0
        for user in 0..<4 {
            let positive = setting.positive(user)
            func power(_ item: Int) -> Double { exp(setting.score(user, 0, item)) / shares[item] }
            let others = (0..<4).map { setting.positive($0) }.filter { $0 != positive }
            expected += log(power(positive) + others.map(power).reduce(0, +)) - log(power(positive))
        }
        #expect(abs(Double(setting.loss()) - expected) < 1e-4)
    }

    @Test(arguments: [TrainingLoss.bpr, .sampledSoftmax, .fullSoftmax, .gBCE])
    func `cosines do not change with the lengths of vectors, and have the right gradient`(loss: TrainingLoss) throws {
        let options = Self.options {
            $0.loss = loss
            $0.score = .cosine
            $0.scoreTemperature = 0.5
        }
        let setting = Setting(options)
        let before = setting.loss()
        for parameter in [setting.vectors, setting.items.table] {
            let values = setting.storage.values(parameter)
            for index in 0..<parameter.count { values[index] *= 3 }
        }
        #expect(abs(setting.loss() - before) < 1e-5 * abs(before))
        let worst = try GradientCheck(setting.storage, sampleNames: [11, 5, 8, 2], seed: 3, step: 1).worstDeviation {
            setting.loss(on: $0)
        }
        #expect(worst.relative < 10 * GradientCheck.tolerance, "\(worst)")
    }

    @Test func `regularizers add to the loss, the routing's summed over the step`() {
        let plain = Setting(ObjectiveOptions()).loss(withInterests: true)
        let apart = Setting(
            Self.options {
                $0.dissimilarity = 2
                $0.dissimilarityMargin = -1
            })
        var similarity = 0.0
        for user in 0..<4 {
            let vectors = (0..<Self.interests).map { apart.vector(user, $0).map(Double.init) }
            func product(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
            func cosine(_ j: Int, _ k: Int) -> Double {
                product(vectors[j], vectors[k])
                    / (product(vectors[j], vectors[j]) * product(vectors[k], vectors[k])).squareRoot()
            }
            similarity += (cosine(0, 1) + cosine(0, 2) + cosine(1, 2)) / 3 + 1
        }
        #expect(abs(Double(apart.loss(withInterests: true) - plain) - 2 * similarity) < 1e-4)

        func routing(_ batchSize: Int) -> Float {
            let setting = Setting(
                Self.options { $0.routingRegularization = 50 }, batchSize: batchSize)
            let tape = Tape(parameters: setting.storage.values)
            tape.begin(.training(sampleNames: setting.batch.sampleNames, seed: 3, step: 1))
            let attention = tape.variable(rows: 6, columns: 3)
            // The histories have 1, 2, 2 and 1 items. Two of the three interests weigh them alike, which costs nothing.
            let (first, alike) = ([1, 0.9, 0.1, 0.5, 0.5, 1], [1, 0.5, 0.5, 0.5, 0.5, 1])
            for row in 0..<6 {
                for (column, weights) in [first, alike, alike].enumerated() {
                    attention.value[3 * row + column] = Float(weights[row])
                }
            }
            let interests = Interests(vectors: tape(setting.vectors), perUser: 3, attention: attention)
            let chosen = tape.arena.allocateZeroed(Int32.self, count: 4)
            let users = tape.select(chosen, from: interests.vectors, perUser: 3)
            return setting.objective.loss(
                of: users, interests: interests, for: setting.batch, in: setting.items, on: tape
            ).value[0]
        }
        // S = 2 * 0.4^2 / 8 of the second user, 0 of the others.
        let expected = 50 * pow(2 * 0.16 / 8, 2)
        #expect(abs(Double(routing(1) - plain) - expected) < 1e-4)
        #expect(abs(Double(routing(4) - plain) - 4 * expected) < 1e-4)
    }

    @Test func `what beyond the mini-batch a loss reads is known`() {
        func beyond(_ change: (inout ObjectiveOptions) -> Void) -> Int {
            Setting(Self.options(change), negatives: 5).objective.additionalItems(samples: 3)
        }
        #expect(beyond { _ in } == 0)
        #expect(beyond { $0.loss = .sampledSoftmax } == 5)
        #expect(
            beyond {
                $0.loss = .sampledSoftmax
                $0.sharesNegatives = false
            } == 15)
        #expect(beyond { $0.loss = .fullSoftmax } == Self.itemCount)
    }
}
