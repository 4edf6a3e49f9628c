import FileIO
import Foundation
import ModelFiles
import Recommenders
import Testing
import TrainerSupport
import Training

/// What `trainer train` computes, from the options to the files, against a second computation in plain loops.
@Suite struct RecomputedTrainingTests {
    @Test(arguments: PlainTraining.all)
    func `a training ends with the parameters, losses and metrics that plain loops find`(
        training: PlainTraining
    ) async throws {
        let workspace = try Workspace()
        try PlainData().write(to: workspace, "data")
        try await Launch.alone.successfulTrainer(
            training.arguments + ["--data-root", workspace("data"), "--out", workspace("run")])

        let last = training.stages.last
        let before = try training.stages.dropLast().last.map { stage in
            let recomputed = try Recomputation(training, stage: stage)
            try compare(recomputed, workspace("run/pretrain"), tolerance: training.tolerance)
            return recomputed
        }
        var inherited: [String: [Double]] = [:]
        if let before {
            let prefix = try #require(RecommenderCatalogue.entry(named: training.model)?.staging.inheritedPrefix)
            for (name, values, _) in before.best where name.hasPrefix(prefix) { inherited[name] = values }
            #expect(!inherited.isEmpty)
        }
        try compare(
            try Recomputation(training, stage: last, extractor: inherited), workspace("run"),
            tolerance: training.tolerance)
    }

    private func compare(_ expected: Recomputation, _ folder: String, tolerance: Double) throws {
        expected.run()
        let run = try FinishedRun(folder: folder)
        try #require(run.metrics.count == expected.epochs.count)
        for (line, epoch) in zip(run.metrics, expected.epochs) {
            #expect(line["step"] == .integer(epoch.step))
            let loss = try #require(line["train_loss"]?.double)
            #expect(abs(loss - epoch.trainLoss) <= 1e-5 * abs(epoch.trainLoss), "\(loss), not \(epoch.trainLoss)")
            try compare(line["dev"], epoch.positions)
        }
        #expect(run.result["best_epoch"] == .integer(expected.bestEpoch))
        try compare(run.result["dev"], expected.epochs[expected.bestEpoch - 1].positions)
        try compare(run.result["test"], expected.testPositions)

        let file = try SafetensorsFile(path: folder + "/model/model.safetensors")
        #expect(Set(file.names) == Set(expected.best.map(\.name)))
        var bytes: [UInt8] = []
        for name in file.names.sorted() { bytes += try file.bytes(name) }
        #expect(run.digest == "\"\(bytes.withUnsafeBytes(SHA256.hexDigest))\"")
        for (name, values, isCertain) in expected.best {
            let found = try file.floats(name)
            try #require(found.count == values.count, "\(name)")
            var worst = 0.0
            for (index, value) in values.enumerated() where isCertain[index] {
                let difference = abs(Double(found[index]) - value)
                worst = max(worst, difference.isNaN ? .infinity : difference - 1e-4 * abs(value))
            }
            #expect(worst <= tolerance, "\(name) is off by \(worst)")
        }
        let certain = expected.best.reduce(0) { $0 + $1.isCertain.count(where: \.self) }
        #expect(Double(certain) > 0.95 * Double(expected.best.reduce(0) { $0 + $1.values.count }))
    }

    private func compare(_ metrics: JSONValue?, _ positions: [Int], sourceLocation: SourceLocation = #_sourceLocation)
        throws
    {
        for k in PlainTraining.topK {
            for (name, expected) in [
                ("HR@\(k)", Recomputation.hitRatio(positions, k)), ("NDCG@\(k)", Recomputation.gain(positions, k)),
            ] {
                let found = try #require(metrics?[name]?.double, sourceLocation: sourceLocation)
                #expect(
                    abs(found - expected) <= 1e-12, "\(name) is \(found), not \(expected)",
                    sourceLocation: sourceLocation)
            }
        }
    }

    @Test func `the popularity baseline ranks by train interactions, and ties count against it`() async throws {
        let workspace = try Workspace()
        let data = PlainData()
        try data.write(to: workspace, "data")
        for evaluation in ["sampled", "full"] {
            try await Launch.alone.successfulTrainer([
                "train", "--quiet", "--model", "POP", "--dataset", PlainData.name, "--data-root", workspace("data"),
                "--topk", PlainTraining.topK.map(String.init).joined(separator: ","), "--out", workspace(evaluation),
                "--evaluation", evaluation,
            ])
            let positions = data.users.map { user in
                let target = data.popularity(user.sequence[user.sequence.count - 1].item)
                let seen = user.sequence.dropLast().map(\.item)
                let others =
                    evaluation == "full"
                    ? (1...Int32(data.itemCount)).filter { $0 != user.sequence.last!.item && !seen.contains($0) }
                    : user.testNegatives
                return 1 + others.count { data.popularity($0) >= target }
            }
            let run = try FinishedRun(folder: workspace(evaluation))
            try compare(run.result["popularity_test"], positions)
            try compare(run.result["test"], positions)
        }
    }
}
