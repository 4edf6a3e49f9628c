import Differentiation
import Glibc
import KernelCore
import Testing

/// The recorded gradients of the losses of objectives against differences.
@Suite struct ObjectiveGradientTests {
    static let itemRows = 40
    private let positives = Fixed<Int32>([3, 9, 17, 3, 1])
    private let lists = Fixed<Int32>((0..<35).map { 1 + Int32($0 * 7 % 19) })
    private let offsets = Fixed<Float>((0..<40).map { Float($0 % 6) / 4 })
    private let counts = Fixed<Int32>([2, 3, 1, 3, 2])

    struct Case: Sendable, CustomStringConvertible {
        let rows: Int
        let groupSize: Int
        let importance: Float
        let masks: Bool

        var description: String {
            "\(["all", "shared", "per sample"][rows]), \(groupSize) vectors, beta \(importance), masked \(masks)"
        }
    }

    static let cases = (0..<3).flatMap { rows in
        [1, 3].flatMap { group in
            [0, 0.7].map { Case(rows: rows, groupSize: group, importance: $0, masks: rows == 0 || $0 > 0) }
        }
    }

    private func negatives(_ input: Case) -> SoftmaxNegatives {
        let rows: SoftmaxNegatives.Rows =
            switch input.rows {
            case 0: .all
            case 1: .shared(lists.pointer, count: 11)
            default: .perSample(lists.pointer, count: 7)
            }
        return SoftmaxNegatives(
            rows, offsets: input.rows == 0 ? nil : offsets.pointer, masksPositives: input.masks,
            importance: input.importance)
    }

    @Test(arguments: cases, [5, 16]) func `softmax loss`(input: Case, size: Int) throws {
        for isTable in [true, false] {
            let layout = ParameterLayout()
            let x = layout.root.matrix(
                "x", rows: 5 * input.groupSize, columns: size, .normal(deviation: 0.6))
            let items =
                isTable
                ? layout.root.table("items", rows: Self.itemRows, columns: size, .normal(deviation: 0.6))
                : layout.root.matrix("items", rows: Self.itemRows, columns: size, .normal(deviation: 0.6))
            let storage = ParameterStorage(layout)
            storage.values.initialize(layout, seed: 17)
            let worst = try GradientCheck(storage, elementsPerParameter: 24).worstDeviation { tape in
                tape.softmaxLoss(
                    of: tape(x),
                    InterestGroups(perUser: input.groupSize, counts: input.groupSize > 1 ? counts.pointer : nil),
                    positives: PositiveItems(positives.pointer), in: items, against: negatives(input))
            }
            // The loss is a single 32-bit number.
            #expect(worst.relative < 5 * GradientCheck.tolerance, "\(worst)")
        }
    }

    /// So many items that scores are computed in several blocks, some of them twice.
    @Test(arguments: [1, 2], [0, 0.5] as [Float]) func `softmax loss in blocks is that of the whole`(
        groupSize: Int, importance: Float
    ) {
        let (samples, rows, size) = (24, 14_000, 8)
        let layout = ParameterLayout()
        let x = layout.root.matrix("x", rows: samples * groupSize, columns: size, .normal(deviation: 1))
        let items = layout.root.table("items", rows: rows, columns: size, .normal(deviation: 1))
        let storage = ParameterStorage(layout)
        storage.values.initialize(layout, seed: 3)
        let positives = Fixed<Int32>((0..<samples).map { 1 + Int32($0 * 577) })
        let names = Fixed<UInt32>((0..<UInt32(samples)).map { $0 })
        let recording = Recording(storage, rowCapacity: rows)
        recording.step(samples: names) {
            $0.softmaxLoss(
                of: $0(x), InterestGroups(perUser: groupSize), positives: PositiveItems(positives.pointer), in: items,
                against: SoftmaxNegatives(.all, masksPositives: true, importance: importance))
        }
        // The same in double precision, one sample after another.
        var loss = 0.0
        var dx = [Double](repeating: 0, count: samples * groupSize * size)
        let (vectors, table) = (storage.values(x), storage.values(items))
        for sample in 0..<samples {
            let scores = (0..<rows).map { row in
                let products = (0..<groupSize).map { k in
                    (0..<size).reduce(0.0) {
                        $0 + Double(vectors[(sample * groupSize + k) * size + $1]) * Double(table[row * size + $1])
                    }
                }
                return (products: products, total: log(products.map { exp($0) }.reduce(0, +)))
            }
            let positive = Int(positives.pointer[sample])
            let others = (1..<rows).filter { $0 != positive }
            let beta = Double(importance)
            let sharp = others.map { exp((1 + beta) * scores[$0].total) }
            let flat = others.map { exp(beta * scores[$0].total) }
            let (sharpSum, flatSum) = (sharp.reduce(0, +), flat.reduce(0, +))
            let weight = sharpSum / flatSum * Double(others.count)
            let own = exp(scores[positive].total)
            loss += log(1 + weight / own)
            let share = weight / (own + weight)
            var gradients = [Double](repeating: 0, count: rows)
            for (index, row) in others.enumerated() {
                gradients[row] = share * ((1 + beta) * sharp[index] / sharpSum - beta * flat[index] / flatSum)
            }
            gradients[positive] = -share
            for row in 1..<rows {
                for k in 0..<groupSize {
                    let part = gradients[row] * exp(scores[row].products[k] - scores[row].total)
                    for column in 0..<size {
                        dx[(sample * groupSize + k) * size + column] += part * Double(table[row * size + column])
                    }
                }
            }
        }
        #expect(abs(recording.view.loss - loss) < 1e-5 * loss)
        let recorded = recording.dense(x)
        let largest = dx.map(abs).max() ?? 0
        #expect(zip(recorded, dx).allSatisfy { abs(Double($0) - $1) < 1e-4 * largest })
        #expect(recording.rows(items).count == rows - 1)
    }

    @Test func `a sample whose negatives are all masked costs nothing`() {
        let layout = ParameterLayout()
        let x = layout.root.matrix("x", rows: 2, columns: 4, .normal(deviation: 1))
        let items = layout.root.table("items", rows: 6, columns: 4, .normal(deviation: 1))
        let storage = ParameterStorage(layout)
        storage.values.initialize(layout, seed: 3)
        let positives = Fixed<Int32>([2, 5])
        let list = Fixed<Int32>([2, 2, 2])
        let recording = Recording(storage, rowCapacity: 6)
        recording.step(samples: Fixed<UInt32>([0, 1])) {
            $0.softmaxLoss(
                of: $0(x), positives: PositiveItems(positives.pointer), in: items,
                against: SoftmaxNegatives(.shared(list.pointer, count: 3), masksPositives: true, importance: 0.5))
        }
        #expect(recording.view.loss.isFinite && recording.view.loss > 0)
        #expect(recording.dense(x).prefix(4).allSatisfy { $0 == 0 })
        #expect(recording.dense(x).suffix(4).contains { $0 != 0 })
    }

    @Test(arguments: [1, 2, 5]) func `routing regularization`(interests: Int) throws {
        let histories = PackedHistories([3, 1, 7, 2])
        let layout = ParameterLayout()
        let x = layout.root.matrix("x", rows: 13, columns: interests, .normal(deviation: 1))
        let storage = ParameterStorage(layout)
        storage.values.initialize(layout, seed: 8)
        let worst = try GradientCheck(storage).worstDeviation { tape in
            tape.routingRegularization(tape(x), over: histories.sequences, size: 4, weight: 3)
        }
        #expect(worst.relative < 5 * GradientCheck.tolerance, "\(worst)")
    }

    @Test(arguments: [5, 16], [-0.9, 0.0] as [Float]) func `similarity of interests`(size: Int, margin: Float) throws {
        let layout = ParameterLayout()
        let x = layout.root.matrix("x", rows: 15, columns: size, .normal(deviation: 1))
        let storage = ParameterStorage(layout)
        storage.values.initialize(layout, seed: 12)
        let worst = try GradientCheck(storage).worstDeviation { tape in
            tape.interestSimilarity(
                tape(x), InterestGroups(perUser: 3, counts: counts.pointer), margin: margin, weight: 2)
        }
        #expect(worst.relative < 5 * GradientCheck.tolerance, "\(worst)")
    }
}
