import Foundation
import Testing
import TrainerSupport

/// The defaults of options that depend on the model or on the loss.
@Suite struct ModelDefaultTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let options: [String]
        let settings: [String]
        var testDescription: String { options.joined(separator: " ") }
    }

    static let cases = [
        Case(options: ["--model", "MIND"], settings: ["loss: sampled-softmax", "negatives: 512", "lr: 0.005"]),
        Case(
            options: ["--model", "MIND", "--loss", "bpr", "--lr", "0.25"],
            settings: ["loss: bpr", "negatives: 1", "lr: 0.25"]),
        Case(
            options: ["--model", "IndustrialMIND"],
            settings: [
                "loss: sampled-softmax", "score: cosine", "negatives: 512", "lr: 0.001", "adaptive-interests: true",
                "routing-scale: 20.0", "squash-power: 1.0", "label-scale: 20.0",
            ]),
        Case(
            options: ["--model", "IndustrialMIND", "--score", "product", "--adaptive-interests", "0"],
            settings: ["score: product", "adaptive-interests: false", "routing-scale: 20.0"]),
        Case(
            options: ["--model", "MIND"],
            settings: ["adaptive-interests: false", "routing-scale: 0.0", "squash-power: 1.0"]),
        Case(
            options: ["--model", "SINE"],
            settings: ["loss: sampled-softmax", "negatives: 512", "concepts: 50", "interests: 2"]),
        Case(options: ["--model", "ComiRec"], settings: ["loss: bpr", "negatives: 1", "lr: 0.001", "interests: 2"]),
        Case(
            options: ["--model", "KuaiFormer"],
            settings: ["loss: sampled-softmax", "negatives: 512", "lr: 0.001", "interests: 4"]),
        Case(options: ["--model", "KuaiFormer", "--K", "2"], settings: ["interests: 2"]),
        Case(
            options: ["--model", "ComiRec", "--loss", "sampled-softmax"],
            settings: ["loss: sampled-softmax", "negatives: 512", "lr: 0.001"]),
        Case(
            options: ["--model", "ComiRec", "--loss", "sampled-softmax", "--negatives", "7"],
            settings: ["loss: sampled-softmax", "negatives: 7"]),
        Case(
            options: ["--model", "ComiRec", "--loss", "full-softmax"], settings: ["loss: full-softmax", "negatives: 1"]),
    ]

    @Test(arguments: cases)
    func `loss, negatives and learning rate are by default those of the model and of the loss`(
        _ test: Case
    ) async throws {
        let workspace = try Workspace()
        try SmallTables().write(to: workspace, "data/tables")
        try await Launch.alone.successfulTrainer(
            ["train", "--dataset", "tables", "--max-steps", "1", "--out", "run"] + test.options,
            workingDirectory: workspace.path)
        let configuration = try String(contentsOfFile: workspace("run/config.yaml"), encoding: .utf8)
        let lines = Set(configuration.split(separator: "\n").map(String.init))
        for setting in test.settings { #expect(lines.contains(setting), "\(setting) in \(configuration)") }
    }

    @Test func `the help names the models that have defaults of their own`() async throws {
        let help = try await Launch.alone.successfulTrainer(["train", "--help"]).standardOutput
        let words = help.split(whereSeparator: { $0.isWhitespace }).joined(separator: " ")
        #expect(
            words.contains(
                "(default: bpr; eSASRec, HSTU, MIND, IndustrialMIND, SINE, KuaiFormer sampled-softmax; gSASRec gbce)"))
        #expect(words.contains("(default: product; IndustrialMIND cosine)"))
        #expect(words.contains("Interests of a user, K. (1 to 64) (default: 2; KuaiFormer 4)"), "\(words)")
        let ofModel = try await Launch.alone.successfulTrainer(["train", "--model", "KuaiFormer", "--help"])
        #expect(ofModel.standardOutput.contains("(default: 4)"))
        #expect(words.contains("(default: 0.001; MIND 0.005)"))
        #expect(words.contains("(default: 1; with --loss sampled-softmax 512, gbce 256)"))
    }

    /// A value that files need not hold, since it is the option's default, but is not that of the model.
    @Test func `a choice against the model's own default is kept by config.yaml and by the name of the folder`()
        async throws
    {
        let workspace = try Workspace()
        try SmallTables().write(to: workspace, "data/tables")
        let options = ["train", "--dataset", "tables", "--model", "IndustrialMIND", "--max-steps", "1"]
        try await Launch.alone.successfulTrainer(
            options + ["--score", "product", "--out", "products"], workingDirectory: workspace.path)
        try await Launch.alone.successfulTrainer(
            ["train", "--config", "products/config.yaml", "--out", "again"], workingDirectory: workspace.path)
        let (products, again) = try (
            FinishedRun(folder: workspace("products")), FinishedRun(folder: workspace("again"))
        )
        #expect(again.digest == products.digest)
        try await Launch.alone.successfulTrainer(options, workingDirectory: workspace.path)
        try await Launch.alone.successfulTrainer(options + ["--score", "product"], workingDirectory: workspace.path)
        try await Launch.alone.successfulTrainer(
            options + ["--adaptive-interests", "0"], workingDirectory: workspace.path)
        let names = try FileManager.default.contentsOfDirectory(atPath: workspace("runs/tables")).sorted()
        #expect(names.count == 3, "\(names)")
        #expect(names.count { $0.contains("product") } == 1 && names.count { $0.contains("adaptive") } == 1, "\(names)")
    }
}
