import Differentiation
import Options
import Recommenders
import Training

/// Names that an option of a model cannot have: commands that have the options of models have others of these names.
package enum OptionNames {
    /// Options of `train`, `evaluate`, `benchmark` and `forecast` that are no part of a configuration.
    private static let ofCommands: Set<String> = [
        "buffer", "calibrate", "check-epoch", "checkpoint", "checkpoint-every", "checkpoint-seconds",
        "compare-exchange", "config", "epochs-from", "eval-batch-size", "exchange-rounds", "extend", "gpu", "help",
        "help-hidden", "host-memory", "hosts", "hosts-per-rack", "interactions", "items", "json", "keep-checkpoints",
        "latency", "link",
        "machine", "mean-history", "message-overhead", "metrics-file", "num-workers", "operations", "overwrite",
        "passes", "path", "pin-memory", "quiet", "rack-link", "ranks", "ranks-per-host", "regenerate", "resume",
        "samples-per-rank",
        "schedule", "split", "stall-limit", "table-sharding", "tensorboard", "test", "test-all", "test-epoch",
        "time-limit", "trace", "users", "verbose", "version", "warm-up", "zipf",
    ]

    /// The first mistake in the names and aliases of the options of models; nil where there is none.
    package static func error(in entries: [RecommenderEntry]) -> ModelError? {
        for entry in entries {
            for declaration in entry.options.map(\.declaration) {
                guard let name = ([declaration.name] + declaration.aliases).first(where: isTaken) else { continue }
                return ModelError(
                    "RecommenderCatalogue", "the trainer has an option \(name) of its own",
                    recoverySuggestion: "choose another name for that option of \(entry.name)", at: entry.site)
            }
        }
        return nil
    }

    private static func isTaken(_ name: String) -> Bool {
        let dashed = name.replacing("_", with: "-")
        return TrainingConfiguration.fieldNames.contains(dashed) || ofCommands.contains(dashed)
    }
}
