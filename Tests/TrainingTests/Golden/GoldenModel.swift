import Differentiation
import DistributedOptimizer
import Evaluation
import Interactions
import KernelCore
import Recommenders
import Testing
import Training

/// The model of a golden case with its parameters, ready to take steps on the case's batch divided among shards.
final class GoldenModel {
    let golden: GoldenCase
    let layout = ParameterLayout()
    let model: any Recommender
    private let objective: Objective
    let values: ParameterStorage
    private let moments: [ParameterStorage]
    private let gradientMemory: [UnsafeMutableRawBufferPointer]
    private let gradients: [GradientView]
    private let batches: [PackedBatch]
    private let routingLogits: [[Float]?]
    private let sharedNegatives: [Int32]?
    private let selectedInterests: [[Int32]?]
    private let tape: Tape
    private let recorder: GradientRecorder
    private let propagator: Propagator?
    private let sum: SliceSum
    private var step = 0

    /// - Parameter shards: number of mini-batches that the batch is divided into.
    init(_ golden: GoldenCase, shards: Int) throws {
        self.golden = golden
        let entry = try #require(RecommenderCatalogue.entry(named: golden.model))
        let context = try golden.context(withGraph: entry.needs.contains(.graph))
        model = entry.model(context, in: layout.root)
        objective = Objective(golden.objective, negatives: golden.negatives, context, in: layout.root)
        values = ParameterStorage(layout)
        moments = [ParameterStorage(layout), ParameterStorage(layout)]
        for specification in layout.specifications {
            let parameter = specification.parameter
            let reference = try golden.tensors.floats("param.\(specification.name)")
            try #require(reference.count == parameter.count, "\(specification.name) has another shape")
            values.values(parameter).update(from: reference, count: reference.count)
        }
        let whole = try golden.batch()
        let gradientLayout = GradientLayout(
            layout,
            rowCapacity: whole.histories.total + whole.count * (1 + whole.candidatesPerTarget)
                + objective.additionalItems(samples: whole.count))
        gradientMemory = (0..<shards).map { _ in .allocate(byteCount: gradientLayout.byteCount, alignment: 64) }
        gradients = gradientMemory.map { GradientView(gradientLayout, at: $0.baseAddress!) }
        let ranges = (0..<shards).map { whole.count * $0 / shards..<whole.count * ($0 + 1) / shards }
        batches = try ranges.map { try golden.batch($0) }
        routingLogits = try ranges.map { try golden.routingLogits($0) }
        sharedNegatives = try golden.sharedNegatives()
        selectedInterests = try ranges.map { try golden.selectedInterests($0) }
        recorder = GradientRecorder(gradientLayout)
        propagator = model.propagation.map { [layout, values] in Propagator($0, layout, parameters: values.values) }
        tape = Tape(parameters: propagator?.values ?? values.values, gradients: recorder)
        sum = SliceSum(TreeSum(inputs: (0..<shards).map { TreeSum.Subtree($0, $0 + 1) }), layout)
    }

    deinit {
        for memory in gradientMemory { memory.deallocate() }
    }

    /// Forward and backward over all shards, dropout off; the mean loss.
    func computeGradients() -> Double {
        propagator?.propagate {}
        for (index, batch) in batches.enumerated() {
            let gradient = gradients[index]
            tape.begin(.training(sampleNames: batch.sampleNames, seed: 0, step: nil))
            propagator?.materialize(rowsOf: batch, for: model)
            recorder.begin(in: gradient)
            let loss = withNormals(routingLogits[index]) {
                withDraws(of: index) { model.trainingLoss(of: batch, under: objective, on: tape) }
            }
            tape.backward(from: loss)
            recorder.finish(sampleCount: batch.count, loss: Double(loss.value[0]))
        }
        let everything = ParameterSlice(0, of: 1, layout)
        for index in gradients.indices { sum.views[index].read(gradients[index], slice: everything) }
        if let propagator {
            propagator.record(sum, slice: everything, part: 0)
            propagator.propagateBack(slices: [everything]) {}
        }
        return sum.loss / Double(sum.sampleCount)
    }

    /// The mean gradient of a parameter after ``computeGradients()``, zeros where nothing was touched.
    func gradient(of parameter: Parameter) -> [Float] {
        var result = [Float](repeating: 0, count: parameter.count)
        let scale = 1 / Float(sum.sampleCount)
        if let propagator, parameter.tableIndex != nil {
            let gradient = propagator.gradient(of: parameter)
            for index in 0..<parameter.count { result[index] = gradient[index] * scale }
        } else if let table = parameter.tableIndex {
            sum.forEachRow(table) { row, gradient in
                for column in 0..<parameter.columns {
                    result[row * parameter.columns + column] = gradient[column] * scale
                }
            }
        } else {
            sum.forEachDenseBlock(of: parameter.offset..<parameter.offset + parameter.count) {
                offset, gradient, count in
                for index in 0..<count { result[offset - parameter.offset + index] = gradient[index] * scale }
            }
        }
        return result
    }

    /// One step of the case's optimizer; the loss before it.
    func takeStep() -> Double {
        let loss = computeGradients()
        step += 1
        let adam = Adam(
            Adam.Settings(learningRate: golden.learningRate, l2: golden.l2), layout, parameters: values.values,
            first: moments[0].values, second: moments[1].values)
        adam.update(
            ParameterSlice(0, of: 1, layout), with: sum, propagator: propagator, sampleCount: sum.sampleCount,
            step: step)
        return loss
    }

    /// The scores of the case's evaluation candidates, `[B, C]`: of all rows of the item table where it names none.
    func evaluationScores() throws -> [Float] {
        let batch = try golden.batch(candidates: golden.evaluation.candidates)
        propagator?.propagate {}
        propagator?.materializeAll()
        tape.begin(.scoring(seed: 0))
        let queries = withNormals(try golden.routingLogits(0..<batch.count)) { model.queries(of: batch, on: tape) }
        var scores = [Float](repeating: 0, count: batch.count * batch.candidatesPerTarget)
        Kernel.bestScores(
            queries.vectors.matrix, queries.groups, table: tape.parameters(model.items.table),
            candidates: batch.candidates, perUser: batch.candidatesPerTarget, into: &scores)
        return scores
    }

    /// The positions of the true items of test among all items, with the normal numbers of the case's batch.
    ///
    /// - Parameter dataset: the rows of the batch as users, in their order.
    func positions(
        on dataset: InteractionDataset, historyMax: Int, historyScores: HistoryScores
    ) throws -> [Int32] {
        let shards = try LogicalShards(dataset: dataset, kind: .sequential, count: 1)
        let store = SequenceStore(dataset: dataset, shards: shards, range: 0..<1)
        let evaluator = Evaluator(
            store: store, kind: .sequential, split: .test, historyMax: historyMax, ranking: .full,
            historyScores: historyScores, seed: 0)
        let users = store.localUsers(of: 0).map { Int(store.users[$0]) }
        try #require(users == Array(1...users.count))
        return try withNormals(try golden.routingLogits(0..<users.count)) {
            try evaluator.positions(of: model, on: tape)
        }
    }

    /// Runs a forward pass with the normal numbers of the case, if it has any.
    private func withNormals<Result>(_ numbers: [Float]?, _ forward: () throws -> Result) rethrows -> Result {
        guard let numbers else { return try forward() }
        return try numbers.withUnsafeBufferPointer { numbers in
            tape.givenNormals = numbers.baseAddress
            defer { tape.givenNormals = nil }
            return try forward()
        }
    }

    /// Runs a forward pass of a mini-batch with the items and interests that the case drew, if it has any.
    private func withDraws<Result>(of index: Int, _ forward: () -> Result) -> Result {
        (sharedNegatives ?? []).withUnsafeBufferPointer { negatives in
            (selectedInterests[index] ?? []).withUnsafeBufferPointer { interests in
                tape.givenItems = sharedNegatives == nil ? nil : negatives.baseAddress
                tape.givenInterests = selectedInterests[index] == nil ? nil : interests.baseAddress
                defer { (tape.givenItems, tape.givenInterests) = (nil, nil) }
                return forward()
            }
        }
    }

    /// The values of a parameter.
    func values(of parameter: Parameter) -> [Float] {
        Array(UnsafeBufferPointer(start: values.values(parameter), count: parameter.count))
    }
}
