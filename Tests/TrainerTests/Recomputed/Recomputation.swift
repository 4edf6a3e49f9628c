import Differentiation
import Foundation
import Interactions
import KernelCore
import Recommenders
import Testing

/// A stage of a training, computed again: batches, optimizer, epochs and metrics by plain loops in double precision. Only
/// loss and gradient of a batch come from the model itself, which the golden cases hold against its authors' program.
final class Recomputation {
    private let training: PlainTraining
    private let data = PlainData()
    private let layout = ParameterLayout()
    private let model: any Recommender
    private let objective: Objective
    private let storage: ParameterStorage
    private let tape: Tape
    private let recorder: GradientRecorder
    private let view: GradientView
    private let memory: UnsafeMutableRawBufferPointer
    private let batch = PackedBatch()
    /// By parameter and element.
    private var values: [[Double]]
    private var first: [[Double]]
    private var second: [[Double]]
    /// The largest gradient that an element has had: Adam makes whole steps of rounding, too.
    private var largest: [[Double]]
    private var step = 0

    /// What an epoch comes to.
    struct Epoch {
        let step: Int
        let trainLoss: Double
        /// Positions of the true items of dev, by user.
        let positions: [Int]
    }

    private(set) var epochs: [Epoch] = []
    /// The parameters of the best epoch, by name, and those of them that are more than rounding.
    private(set) var best: [(name: String, values: [Double], isCertain: [Bool])] = []
    private(set) var bestEpoch = 0
    private(set) var testPositions: [Int] = []

    /// - Parameter extractor: parameters that are taken over from the stage before, by name.
    init(_ training: PlainTraining, stage: TrainingStage?, extractor: [String: [Double]] = [:]) throws {
        self.training = training
        let entry = try #require(RecommenderCatalogue.entry(named: training.model))
        let context = ModelContext(
            training.options, stage: stage, userCount: data.users.count, itemCount: data.itemCount)
        model = entry.model(context, in: layout.root)
        objective = Objective(
            training.objective, negatives: training.negatives, batchSize: training.batchSize, context, in: layout.root)
        storage = ParameterStorage(layout)
        storage.values.initialize(layout, seed: training.seed)
        let gradientLayout = GradientLayout(layout, rowCapacity: 2000)
        memory = .allocate(byteCount: gradientLayout.byteCount, alignment: 64)
        view = GradientView(gradientLayout, at: try #require(memory.baseAddress))
        recorder = GradientRecorder(gradientLayout)
        tape = Tape(parameters: storage.values, gradients: recorder)
        values = []
        for specification in layout.specifications {
            let start = storage.values(specification.parameter)
            values.append(
                extractor[specification.name]
                    ?? (0..<specification.parameter.count).map { Double(start[$0]) })
        }
        first = values.map { $0.map { _ in 0 } }
        second = first
        largest = first
        publish()
    }

    deinit { memory.deallocate() }

    /// Trains all epochs, and keeps the first with the best gain at the first cut-off.
    func run() {
        let sampling = PlainSampling(data: data, training: training)
        var bestGain = -1.0
        for epoch in 1...training.epochs {
            var loss = 0.0
            var count = 0
            let steps =
                training.validateEvery.map { (step + 1...step + $0).map(sampling.drawn) }
                ?? sampling.steps(ofEpoch: epoch)
            for samples in steps {
                loss += takeStep(samples)
                count += samples.count
            }
            let positions = rank(age: 2, \.devNegatives)
            epochs.append(Epoch(step: step, trainLoss: loss / Double(count), positions: positions))
            let gain = Self.gain(positions, PlainTraining.topK[0])
            guard gain > bestGain else { continue }
            bestGain = gain
            bestEpoch = epoch
            best = layout.specifications.enumerated().map { index, specification in
                (specification.name, values[index], largest[index].map { $0 == 0 || $0 > 1e-5 })
            }
            testPositions = rank(age: 1, \.testNegatives)
        }
    }

    /// One step; the sum of the losses before it.
    private func takeStep(_ samples: [PlainSampling.Sample]) -> Double {
        step += 1
        fill(samples.map { ($0.user, $0.position, $0.negatives, $0.id) })
        tape.begin(.training(sampleNames: batch.sampleNames, seed: training.seed, step: UInt32(step)))
        recorder.begin(in: view)
        let loss = model.trainingLoss(of: batch, under: objective, on: tape)
        let sum = Double(loss.value[0])
        tape.backward(from: loss)
        recorder.finish(sampleCount: samples.count, loss: sum)
        for (index, specification) in layout.specifications.enumerated() {
            update(
                index, specification, gradient(of: specification.parameter).map { Double($0) / Double(samples.count) })
        }
        publish()
        return sum
    }

    /// Adam (Kingma and Ba 2015) with L2 in the gradient, but for biases; row 0 of a table of items or users stays zero.
    private func update(_ index: Int, _ specification: ParameterSpecification, _ gradient: [Double]) {
        let l2 = specification.name.contains("bias") ? 0 : training.l2
        let start = specification.kind == .table(paddingRow: true) ? specification.parameter.columns : 0
        for element in start..<gradient.count {
            let g = gradient[element] + l2 * values[index][element]
            largest[index][element] = max(largest[index][element], abs(g))
            first[index][element] = 0.9 * first[index][element] + 0.1 * g
            second[index][element] = 0.999 * second[index][element] + 0.001 * g * g
            let mean = first[index][element] / (1 - pow(0.9, Double(step)))
            let square = second[index][element] / (1 - pow(0.999, Double(step)))
            values[index][element] -= training.learningRate * mean / (square.squareRoot() + 1e-8)
        }
    }

    private func gradient(of parameter: Parameter) -> [Float] {
        guard let table = parameter.tableIndex else {
            return (0..<parameter.count).map { view.dense[parameter.offset + $0] }
        }
        var result = [Float](repeating: 0, count: parameter.count)
        for entry in (0..<view.rowCount(table)).map({ view.entries(table)[$0] }) {
            for column in 0..<parameter.columns {
                result[Int(entry.row) * parameter.columns + column] = view.row(table, slot: entry.slot)[column]
            }
        }
        return result
    }

    /// Gives the values to the model.
    private func publish() {
        for (index, specification) in layout.specifications.enumerated() {
            let start = storage.values(specification.parameter)
            for (element, value) in values[index].enumerated() { start[element] = Float(value) }
        }
    }

    private func fill(_ rows: [(user: Int, position: Int, negatives: [Int32], id: UInt32)]) {
        let histories = rows.map {
            data.users[$0.user].sequence.prefix($0.position).suffix(training.options.historyMax)
        }
        batch.fill(
            users: rows.map { data.users[$0.user].id }, histories: histories.map { $0.map(\.item) },
            candidates: rows.map { [data.users[$0.user].sequence[$0.position].item] + $0.negatives },
            times: histories.map { $0.map(\.time) }, sampleNames: rows.map(\.id),
            smallestTimeGaps: rows.map { data.users[$0.user].smallestGap })
    }

    /// The positions of an interaction of every user among its negatives; what scores as much comes before it.
    private func rank(age: Int, _ negatives: KeyPath<PlainData.User, [Int32]>) -> [Int] {
        fill(
            data.users.indices.map { user in
                let position = data.users[user].sequence.count - age
                return (
                    user, position, data.users[user][keyPath: negatives], UInt32(data.firstSample(of: user) + position)
                )
            })
        tape.begin(.scoring(seed: training.seed))
        let queries = model.queries(of: batch, on: tape)
        let table = storage.values(model.items.table)
        let size = model.items.table.columns
        return data.users.indices.map { user in
            let width = 1 + PlainData.negativesPerRow
            let scores = (0..<width).map { candidate in
                let item = Int(batch.candidates[user * width + candidate])
                return (0..<queries.perUser).map { interest in
                    (0..<size).reduce(0.0) {
                        $0 + Double(queries.vectors.value[(user * queries.perUser + interest) * size + $1])
                            * Double(table[item * size + $1])
                    }
                }.max()!
            }
            return 1 + scores.dropFirst().count { $0 >= scores[0] }
        }
    }

    /// `HR@k`.
    static func hitRatio(_ positions: [Int], _ k: Int) -> Double {
        Double(positions.count { $0 <= k }) / Double(positions.count)
    }

    /// `NDCG@k`.
    static func gain(_ positions: [Int], _ k: Int) -> Double {
        positions.reduce(0) { $0 + ($1 <= k ? 1 / log2(Double($1) + 1) : 0) } / Double(positions.count)
    }
}
