import Recommenders

/// A training whose result is compared between numbers of ranks.
struct TrainingCommand: Sendable, CustomStringConvertible {
    let model: String
    /// What `--stage` is given; nil for a model without stages.
    let stage: String?
    let setting: Setting

    var description: String { [model, stage, setting.name].compactMap { $0 }.joined(separator: " ") }

    /// The command line without `--out`.
    func arguments(dataRoot: String) -> [String] {
        ["train", "--quiet", "--model", model, "--data-root", dataRoot, "--dataset", SmallData.name]
            + (stage.map { ["--stage", $0] } ?? []) + (setting.arguments.contains("--loss") ? [] : ["--loss", "bpr"])
            + setting.arguments
    }
}

/// Options that all models are trained with. Batch sizes are no multiples of the numbers of shards, so that the shards
/// of a step differ in size; several layers, so that dropout takes part.
struct Setting: Sendable {
    let name: String
    let arguments: [String]

    /// The options of models among those of ``withTransformer``: what scoring needs beside a file of parameters.
    static let modelOptions =
        sizes + [
            "--add-trm", "1", "--add-pos", "1", "--K", "3", "--n_layers", "2", "--heads", "2", "--dropout", "0.2",
            "--time-max", "40", "--hidden-size", "12", "--concepts", "9",
        ]

    static let withTransformer = Setting(
        name: "8 shards",
        arguments: training + modelOptions + [
            "--logical-shards", "8", "--batch-size", "37", "--negatives", "3", "--epochs", "2",
        ])

    static let withoutTransformer = Setting(
        name: "6 shards",
        arguments: common + [
            "--add-trm", "0", "--add-pos", "0", "--K", "2", "--n_layers", "2", "--logical-shards", "6", "--batch-size",
            "32", "--negatives", "1", "--max-steps", "20", "--l2", "1e-4", "--p", "2", "--relu-layer", "1",
            "--adaptive-interests", "1", "--routing", "positions",
        ])

    static let randomUsers = Setting(
        name: "random users",
        arguments: common + [
            "--sampling", "users", "--validate-every", "6", "--steps", "15", "--batch-size", "20", "--logical-shards",
            "7", "--negatives", "20", "--K", "2",
        ])

    static let sixteenShards = Setting(
        name: "16 shards",
        arguments: common + ["--K", "3", "--logical-shards", "16", "--batch-size", "50", "--max-steps", "8"])

    /// A selection, with a loss of each kind in turn.
    static func selection(_ selection: InterestSelection, index: Int) -> Setting {
        let losses = [
            ["--negatives", "2"], ["--loss", "sampled-softmax", "--negatives", "20"], ["--loss", "full-softmax"],
        ]
        let arguments = ["--selection", selection.rawValue] + losses[index % losses.count]
        return Setting(
            name: arguments.joined(separator: " "),
            arguments: common + ["--K", "3", "--batch-size", "37", "--max-steps", "8"] + arguments)
    }

    /// Each selection and each loss, with what belongs to them, for models with several interests.
    static let objectives: [(model: String, setting: Setting)] = [
        ("ComiRec", ["--selection", "soft", "--loss", "sampled-softmax", "--negatives", "30", "--importance", "0.5"]),
        (
            "ComiRec",
            [
                "--selection", "soft-linear", "--selection-temperature", "3", "--loss", "sampled-softmax",
                "--negatives", "9", "--shared-negatives", "0", "--proposal", "log-uniform", "--mask-hits", "1",
                "--routing-regularization", "10", "--l2", "1e-4",
            ]
        ),
        ("ComiRec", ["--selection", "expected", "--loss", "full-softmax", "--multi-interest-loss", "1"]),
        (
            "MIND",
            [
                "--selection", "soft", "--loss", "sampled-softmax", "--negatives", "20", "--proposal", "log-uniform",
                "--multi-interest-loss", "1", "--adaptive-interests", "1", "--dissimilarity", "0.1",
            ]
        ),
        ("MIND", ["--loss", "full-softmax", "--p", "2", "--dissimilarity", "1", "--dissimilarity-margin", "0.1"]),
        (
            "MIND",
            [
                "--loss", "sampled-softmax", "--negatives", "20", "--squash-power", "0.4", "--routing-scale", "3",
            ]
        ),
        (
            "IndustrialMIND",
            ["--loss", "sampled-softmax", "--negatives", "20", "--squash-power", "0.2", "--multi-interest-loss", "1"]
        ),
        (
            "SINE",
            [
                "--loss", "sampled-softmax", "--negatives", "20", "--concepts", "12", "--concept-regularization", "0.5",
                "--aggregation-temperature", "1",
            ]
        ),
        ("LightGCN", ["--loss", "sampled-softmax", "--negatives", "20"]),
        ("BPRMF", ["--loss", "full-softmax"]),
        ("GRU4Rec", ["--loss", "sampled-softmax", "--negatives", "20", "--proposal", "log-uniform"]),
        ("YouTubeDNN", ["--loss", "sampled-softmax", "--negatives", "9", "--shared-negatives", "0"]),
        ("TiSASRec", ["--loss", "full-softmax", "--dropout", "0.2"]),
        // The recipe for MovieLens-1M.
        (
            "SASRec",
            [
                "--loss", "full-softmax", "--sampling", "users", "--validate-every", "6", "--n_layers", "2",
                "--dropout",
                "0.2",
            ]
        ),
        // The recipe for Grocery and Gourmet Food, of the first stage; the second one has no selection.
        (
            "TiMiRec",
            [
                "--stage", "pretrain", "--selection", "expected", "--loss", "sampled-softmax", "--negatives", "512",
                "--interests", "4", "--lr", "5e-4", "--l2", "1e-6",
            ]
        ),
        ("TiMiRec", ["--selection", "soft", "--loss", "full-softmax", "--importance", "1"]),
        // A target at every position.
        (
            "SASRec",
            [
                "--targets", "all", "--loss", "sampled-softmax", "--negatives", "20", "--shared-by", "shard",
                "--dropout", "0.2",
            ]
        ),
        ("GRU4Rec", ["--targets", "all", "--window-stride", "3", "--negatives", "2"]),
        (
            "ComiRec",
            [
                "--targets", "all", "--selection", "soft", "--loss", "sampled-softmax", "--negatives", "5",
                "--shared-negatives", "0",
            ]
        ),
        ("eSASRec", ["--targets", "all", "--loss", "full-softmax", "--dropout", "0.2", "--label-smoothing", "0.1"]),
        (
            "gSASRec",
            [
                "--targets", "all", "--loss", "gbce", "--negatives", "9", "--dropout", "0.2", "--window-stride", "0",
            ]
        ),
        (
            "HSTU",
            [
                "--targets", "all", "--loss", "sampled-softmax", "--proposal", "batch", "--weight-decay", "0.1",
                "--warmup-steps", "5", "--clip-norm", "0.05",
            ]
        ),
        (
            "KuaiFormer",
            [
                "--targets", "all", "--selection", "soft", "--loss", "sampled-softmax", "--negatives", "20",
                "--multi-interest-loss", "1", "--dissimilarity", "0.1", "--heads", "2", "--dropout", "0.2",
            ]
        ),
        (
            "KuaiFormer",
            [
                "--targets", "all", "--selection", "expected", "--loss", "full-softmax", "--rotary", "1", "--score",
                "cosine",
            ]
        ),
        (
            "eSASRec",
            [
                "--targets", "all", "--loss", "sampled-softmax", "--negatives", "100", "--proposal", "log-uniform",
                "--shared-by", "shard", "--score", "mixture", "--mixture-users", "3", "--mixture-size", "10",
                "--label-smoothing", "0.1",
            ]
        ),
        (
            "YouTubeDNN",
            [
                "--loss", "sampled-softmax", "--negatives", "20", "--mask-hits", "1", "--score", "mixture",
                "--mixture-items", "3", "--mixture-hidden", "5", "--l2", "1e-4",
            ]
        ),
        ("LightGCN", ["--clip-norm", "0.01", "--lr-decay", "cosine", "--decay-epochs", "1", "--average", "0.9"]),
        ("ComiRec", ["--score", "cosine", "--loss", "sampled-softmax", "--negatives", "20", "--average", "0.99"]),
        (
            "YouTubeDNN",
            [
                "--loss", "sampled-softmax", "--negatives", "20", "--proposal", "mixed", "--clip-norm", "0.05",
                "--lr-decay", "linear", "--decay-epochs", "2",
            ]
        ),
        ("BaM-MIND", ["--selection", "soft-linear", "--loss", "sampled-softmax", "--negatives", "50"]),
        (
            "BaM-ComiRec",
            [
                "--selection", "bam", "--loss", "sampled-softmax", "--negatives", "50", "--sampling", "users",
                "--validate-every", "6",
            ]
        ),
    ].map { model, arguments in
        (
            model,
            Setting(
                name: arguments.joined(separator: " "),
                arguments: common + ["--K", "3", "--batch-size", "37", "--max-steps", "20"] + arguments)
        )
    }

    private static let training = ["--lr", "0.01", "--topk", "5,10"]
    private static let sizes = ["--embedding-size", "16", "--history-max", "9"]
    private static let common = training + sizes
}

extension TrainingCommand {
    /// Every model of the catalogue with all of its stages.
    static func everyModel(_ setting: Setting) -> [TrainingCommand] {
        RecommenderCatalogue.entries.map {
            TrainingCommand(model: $0.name, stage: $0.stages.isEmpty ? nil : "both", setting: setting)
        }
    }

    /// The selections and losses.
    static var everyObjective: [TrainingCommand] {
        Setting.objectives.map { model, setting in
            let namesStage = setting.arguments.contains("--stage")
            let stages = namesStage ? [] : RecommenderCatalogue.entry(named: model)?.stages ?? []
            return TrainingCommand(model: model, stage: stages.isEmpty ? nil : "both", setting: setting)
        }
    }

    /// All selections of interests over all models that choose among several.
    static var everySelection: [TrainingCommand] {
        let backbones = [
            ("ComiRec", nil), ("ComiRec-DR", nil), ("MIND", nil), ("TiMiRec", "pretrain"), ("KuaiFormer", nil),
        ]
        return backbones.enumerated().flatMap { row, backbone in
            InterestSelection.allCases.enumerated().map { column, selection in
                TrainingCommand(
                    model: backbone.0, stage: backbone.1, setting: .selection(selection, index: row + column))
            }
        }
    }

    /// The first stage of every model that has stages.
    static func everyFirstStage(_ setting: Setting) -> [TrainingCommand] {
        RecommenderCatalogue.entries.compactMap { entry in
            entry.stages.first.map { TrainingCommand(model: entry.name, stage: $0.rawValue, setting: setting) }
        }
    }
}
