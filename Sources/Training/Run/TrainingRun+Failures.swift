import Differentiation
import DistributedOptimizer
import Interactions
import KernelCore
import Reporting

/// What to tell about numbers that are none.
extension TrainingRun {
    /// Ends the training after a step whose loss or gradients are not finite. Collective.
    ///
    /// The gradients are still there, so each rank looks for the fault in its own.
    func refuse(_ summary: StepSummary) throws {
        let step = state.step + 1
        try world.collectively {
            for (shards, gradient) in optimizer.recordedGradients {
                guard gradient.sampleCount > 0 else { continue }
                let part: String
                if !gradient.loss.isFinite {
                    part = "the loss is \(gradient.loss.isNaN ? "not a number" : "infinite")"
                } else if let name = gradient.firstNotFinite(in: layout) {
                    part = "the gradient of \(name) is not finite"
                } else {
                    continue
                }
                let samples =
                    shards.count == 1
                    ? worker.describeSamples(ofShard: shards.lowerBound, stepOfEpoch: state.stepsOfEpoch, step: step)
                    : "the logical shards \(shards.lowerBound) to \(shards.upperBound - 1)"
                throw TrainingError(
                    .failure, "\(part) in step \(step) (epoch \(state.epoch)), in the samples of \(samples)",
                    recoverySuggestion: adviceOnNumbers)
            }
        }
        try world.collectively {
            guard isRoot else { return }
            throw TrainingError(
                .failure, "the sum of loss or gradients of step \(step) (epoch \(state.epoch)) is beyond all numbers",
                recoverySuggestion: adviceOnNumbers)
        }
    }
}

extension TrainingRun {
    /// How many times the loss of the first step, or 1 where that is below it, is too much for a step.
    ///
    /// Before the first step all items are as good as each other to a model: a loss so far above that says that the
    /// parameters only grow.
    static let divergence = 1000.0

    /// Ends the training after a step whose loss is beyond what learning can explain; rank 0 knows for all.
    func refuseDivergence(_ summary: StepSummary) throws {
        guard isRoot, summary.sampleCount > 0 else { return }
        let loss = summary.loss / Double(summary.sampleCount)
        guard let first = state.firstLoss else {
            state.firstLoss = loss
            return
        }
        guard loss > Self.divergence * max(first, 1) else { return }
        checkpoints?.finish()
        func text(_ number: Double) -> String { NumberText.significant(number, digits: 3) }
        throw TrainingError(
            .failure,
            "the training diverges: the loss of step \(state.step + 1) (epoch \(state.epoch)) is \(text(loss)), "
                + "that of the first step was \(text(first))",
            recoverySuggestion: adviceOnNumbers)
    }

    /// What to do where numbers grow beyond measure.
    var adviceOnNumbers: String {
        let rate = NumberText.significant(configuration.optimizer.learningRate, digits: 6)
        return "lower the learning rate with --lr (\(rate) now), or look for extreme options"
            + (folder.checkpoints.steps.isEmpty ? "" : "; the last checkpoint is from before")
    }
}

extension ShardWorker {
    /// The users of a shard's mini-batch, for messages.
    func describeSamples(ofShard shard: Int, stepOfEpoch: Int, step: Int) -> String {
        guard let users = users(ofShard: shard, stepOfEpoch: stepOfEpoch, step: step) else { return "shard \(shard)" }
        let shown = users.prefix(8).map(String.init).joined(separator: ", ")
        return "users \(shown)" + (users.count > 8 ? " and \(users.count - 8) more" : "")
            + " (logical shard \(shard))"
    }
}

extension GradientView {
    /// The name of the first parameter whose gradient is not finite.
    func firstNotFinite(in layout: ParameterLayout) -> String? {
        func isFinite(_ values: UnsafePointer<Float>, _ count: Int) -> Bool {
            (0..<count).allSatisfy { values[$0].isFinite }
        }
        return layout.specifications.first { specification in
            let parameter = specification.parameter
            guard let table = parameter.tableIndex else { return !isFinite(dense + parameter.offset, parameter.count) }
            return (0..<rowCount(table)).contains { entry in
                !isFinite(row(table, slot: entries(table)[entry].slot), parameter.columns)
            }
        }?.name
    }
}
