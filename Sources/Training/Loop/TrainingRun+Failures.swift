import Differentiation
import Interactions
import KernelCore

/// What to tell about numbers that are none.
extension TrainingRun {
    /// Ends the training after a step whose loss or gradients are not finite. Collective.
    ///
    /// The gradients are still there, so each rank looks for the fault in its own.
    func refuse(_ summary: StepSummary) throws {
        let step = state.step + 1
        try world.together {
            for (shards, gradient) in exchange.ownGradients {
                guard gradient.samples > 0 else { continue }
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
                    ? worker.describeSamples(ofShard: shards.lowerBound, place: state.place, step: step)
                    : "the logical shards \(shards.lowerBound) to \(shards.upperBound - 1)"
                throw TrainingError(
                    .failure, "\(part) in step \(step) (epoch \(state.epoch)), in the samples of \(samples)",
                    remedy: "lower the learning rate with --lr, or look for extreme options"
                        + (checkpoints?.count ?? 0 > 0 ? "; the last checkpoint is from before" : ""))
            }
        }
        try world.together {
            guard isRoot else { return }
            throw TrainingError(
                .failure, "the sum of loss or gradients of step \(step) (epoch \(state.epoch)) is beyond all numbers",
                remedy: "lower the learning rate with --lr, or look for extreme options")
        }
    }
}

extension ShardWorker {
    /// The users of a shard's mini-batch, for messages.
    func describeSamples(ofShard shard: Int, place: Int, step: Int) -> String {
        guard let users = users(ofShard: shard, place: place, step: step) else { return "shard \(shard)" }
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
            guard let table = parameter.table else { return !isFinite(dense + parameter.offset, parameter.count) }
            return (0..<rowCount(table)).contains { entry in
                !isFinite(row(table, slot: entries(table)[entry].slot), parameter.columns)
            }
        }?.name
    }
}
