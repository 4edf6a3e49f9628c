import Foundation

/// The command lines of BaM's authors: `--path RUN --dataset NAME --model comirec --selection bam`.
///
/// Their program knows two models under names that mean others here, and has no options for the settings of a training.
/// A line with one of these names, in lower case, gets their variant of the model and their settings if it has
/// `--selection bam`, a value that only their program knows, or a `--path` that is the folder of a run; options of the
/// line win over the settings. Without `--path` the folder is the one that their program takes, `run1`.
enum BaMCommandLine {
    static let models = ["comirec": "BaM-ComiRec", "mind": "BaM-MIND"]

    /// Batches of 128 random users with 50 items of history, K = 4, 1280 uniform negatives for a step, a validation every
    /// 1000 steps until 15 have brought nothing, ranking of all items with those of the history at 0.
    static let settings = [
        "--history-max=50", "--interests=4", "--batch-size=128", "--lr=1e-3", "--l2=0", "--loss=sampled-softmax",
        "--negatives=1280", "--sampling=users", "--validate-every=1000", "--patience=15", "--evaluation=full",
        "--history-scores=zero", "--topk=10,20", "--measures=recall",
    ]

    /// Names the model and puts the settings before the options, if the line is one of these.
    static func expand(_ arguments: [String]) -> [String] {
        guard arguments.first == "train", let (model, index) = modelName(in: arguments) else { return arguments }
        let path = value(of: "--path", in: arguments)
        let namesRun = path.map { !isDataRoot($0, in: arguments) } ?? false
        guard namesRun || value(of: "--selection", in: arguments) == "bam" else { return arguments }
        var rest = Array(arguments.dropFirst())
        rest[index - 1] = rest[index - 1].hasPrefix("--") ? "--model=\(model)" : model
        let isNamed = path != nil || value(of: "--out", in: arguments) != nil
        return ["train"] + settings + (isNamed ? [] : ["--path=" + standardPath]) + rest
    }

    private static let standardPath = "run1"

    /// The model that BaM's name stands for, and the argument that names it.
    private static func modelName(in arguments: [String]) -> (model: String, index: Int)? {
        for (index, argument) in arguments.enumerated() {
            if argument == "--model", index + 1 < arguments.count, let model = models[arguments[index + 1]] {
                return (model, index + 1)
            }
            if argument.hasPrefix("--model="), let model = models[String(argument.dropFirst("--model=".count))] {
                return (model, index)
            }
        }
        return nil
    }

    /// Whether the folder holds the data set, as `--path` of ReChorus does.
    private static func isDataRoot(_ path: String, in arguments: [String]) -> Bool {
        guard let dataset = value(of: "--dataset", in: arguments) else { return false }
        return DataOptions.isRoot(path, of: dataset)
    }

    private static func value(of option: String, in arguments: [String]) -> String? {
        for (index, argument) in arguments.enumerated() {
            if argument == option { return index + 1 < arguments.count ? arguments[index + 1] : nil }
            if argument.hasPrefix(option + "=") { return String(argument.dropFirst(option.count + 1)) }
        }
        return nil
    }
}
