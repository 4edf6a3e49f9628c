import Foundation
import Recommenders
import Training

/// The folder of a run for which none is named.
extension TrainCommand {
    /// Named after what decides about the result of the first stage, as far as the model uses it, so that a later stage
    /// finds the earlier one and other options get another folder.
    var defaultFolder: String {
        let entry = model.flatMap(RecommenderCatalogue.entry(named:))
        let name = entry?.name ?? model ?? ""
        let options = arguments.options
        let standards = ModelStandards(model: name, loss: objective.loss)
        guard entry?.isTrained ?? true else { return "\(parent)/\(name)-history\(options.historyMax)" }
        func used(_ option: ModelOption, _ text: String) -> String? {
            entry?.uses?.contains(option) ?? true ? text : nil
        }
        let parts = [
            name, used(.interests, "K\(options.interests)"), "d\(options.embeddingSize)",
            used(.addPositions, "pos\(options.addPositions ? 1 : 0)"),
            used(.addTransformer, "trm\(options.addTransformer ? 1 : 0)"),
            used(.attentionSize, "attention\(options.attentionSize)"), "history\(options.historyMax)",
            "batch\(step.batchSize)", "shards\(step.logicalShards)",
            "negatives\(step.negatives ?? standards.negatives)", "lr\(step.lr ?? standards.learningRate)",
            "l2_\(step.l2)", "seed\(step.seed)",
        ]
        return "\(parent)/"
            + (parts.compactMap { $0 } + unusualParts(used) + objective.unusualParts(by: standards) + pretrainParts)
            .joined(
                separator: "-")
    }

    /// What the pretraining has to itself; a list that is wrong is told of before a folder is made.
    private var pretrainParts: [String] {
        ((try? StageOptions(parsing: pretrain)) ?? StageOptions()).nameParts.map { "pretrain-" + $0 }
    }

    /// What is not as usual; the layers of a later stage do not count.
    private func unusualParts(_ used: (ModelOption, String) -> String?) -> [String] {
        let options = arguments.options
        let usual = ModelOptions()
        let hasStages = model.flatMap(RecommenderCatalogue.entry(named:))?.stages.isEmpty == false
        return [
            step.sampling == .epoch ? nil : "\(step.sampling.rawValue)\(validateEvery)",
            earlyStop == 10 ? nil : "stop\(earlyStop)",
            patience == 20 ? nil : "patience\(patience)",
            keep.map { "keep-\($0.rawValue)" },
            hasStages ? nil : options.layers.flatMap { used(.layers, "layers\($0)") },
            options.heads == usual.heads ? nil : used(.heads, "heads\(options.heads)"),
            options.dropout == usual.dropout ? nil : used(.dropout, "dropout\(options.dropout)"),
            options.hiddenSize == usual.hiddenSize ? nil : used(.hiddenSize, "hidden\(options.hiddenSize)"),
            options.timeMax == usual.timeMax ? nil : used(.timeMax, "time\(options.timeMax)"),
            options.timeUnitMax.flatMap { $0 == 0 ? nil : used(.timeUnitMax, "unit\($0)") },
            options.power == usual.power ? nil : used(.power, "p\(options.power)"),
            options.iterations == usual.iterations ? nil : used(.iterations, "iterations\(options.iterations)"),
            options.reluLayer == usual.reluLayer ? nil : used(.reluLayer, "relu"),
            options.routing == usual.routing ? nil : used(.routing, "over-\(options.routing.rawValue)"),
            options.adaptiveInterests == usual.adaptiveInterests ? nil : used(.adaptiveInterests, "adaptive"),
        ].compactMap { $0 }
    }

    /// `runs` and the name of the data set, which stays below it wherever the data set lies.
    private var parent: String {
        let dataset = data.dataset ?? ""
        let parts = dataset.split(separator: "/").filter { $0 != "." }.map(String.init)
        guard parts.contains("..") else { return (["runs"] + parts).joined(separator: "/") }
        return "runs/" + URL(filePath: data.root + "/" + dataset).standardizedFileURL.lastPathComponent
    }
}
