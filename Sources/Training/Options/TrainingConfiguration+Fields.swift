import DistributedOptimizer
import Evaluation
import Interactions
import Options
import Recommenders

/// The options of a training beside those of models, declared: the order is that of `config.yaml`.
extension TrainingConfiguration {
    typealias Field = OptionField<TrainingConfiguration>

    /// Properties that have their default.
    private static let standard = TrainingConfiguration(model: "", dataRoot: "", dataset: "", output: "")

    private static func withoutEffect(_ shownDefault: String? = nil) -> OptionTraits {
        OptionTraits(effect: .nothing, shownDefault: shownDefault)
    }

    /// What is trained, where it is read and where it goes. Commands have options of these names with values of their own.
    public static let runFields: [OptionField<TrainingConfiguration>] = [
        Field(
            "recipe", \.recipe, of: standard, withoutEffect(),
            help: """
                Options with known results under one name; those of --config and of the command line win. Without a \
                name: lists them.
                """),
        Field(
            "model", \.model, of: standard,
            OptionTraits(aliases: ["model-name"], folder: .never, shownDefault: ""),
            help: "Name of the model."),
        Field(
            "stage", \.stageName, of: standard, OptionTraits(folder: .never, shownDefault: "both"),
            help: "TiMiRec: pretrain the extractor, finetune, or both."),
        Field(
            "pretrain", \.pretraining, of: standard, OptionTraits(unit: "option=value,...", effect: .nothing),
            isWritten: false, help: "TiMiRec: options that the pretraining has to itself, such as lr=5e-4,epochs=12."),
        Field(
            "data-root", \.dataRoot, of: standard, withoutEffect("data, or that of the run that is evaluated"),
            help: "Folder of data sets."),
        Field(
            "dataset", \.dataset, of: standard, withoutEffect(""),
            help: "Name of the data set: a folder in the data root, whose format is recognized by its content."),
        Field(
            "out", \.output, of: standard, withoutEffect("runs/ and a name made of data set, model and options"),
            help: "Folder of the run."),
    ]

    /// When a training ends, and which of its parameters it keeps.
    public static let endFields: [OptionField<TrainingConfiguration>] = [
        Field(
            "epochs", \.epochs, of: standard, in: .within(1...1_000_000),
            OptionTraits(
                aliases: ["epoch"], effect: .ending, folder: .never, differsByStage: true,
                shownDefault: "200; none with --sampling users and --max-steps"),
            help: "The most epochs."),
        Field(
            "max-steps", \.maxSteps, of: standard, in: .within(1...Int(UInt32.max)),
            OptionTraits(aliases: ["steps"], effect: .ending, folder: .never, differsByStage: true),
            help: "Stop after so many steps."),
        Field(
            "early-stop", \.earlyStop, of: standard, in: .within(0...1_000_000),
            OptionTraits(effect: .ending, folder: .ifChanged("stop"), differsByStage: true),
            help: "Dev results of epochs in a row without a rise that end the training; 0: never, nor does --patience."),
        Field(
            "validate-every", \.validateEvery, of: standard, in: .within(1...1_000_000_000),
            OptionTraits(unit: "steps", folder: .ifChanged("every"), differsByStage: true, isRare: true),
            help: "With --sampling users: steps between two validations, which --epochs counts."),
        Field(
            "patience", \.patience, of: standard, in: .within(1...1_000_000),
            OptionTraits(effect: .ending, differsByStage: true),
            help: "The most epochs (after the first 20) or validations since the best one; needs --early-stop."),
        // The best ones were kept before there was a choice, and their files do not say it.
        Field(
            "keep", \.keep, of: standard,
            OptionTraits(
                folder: .ifChanged("keep-"), differsByStage: true,
                shownDefault: "best; last where there are no dev rows"),
            isWritten: { $0 == .last },
            help:
                "Keep and test the parameters of the best or of the last epoch; a stage continues those that are kept."),
    ]

    /// What a training learns from, and what it begins with.
    public static let beginningFields: [OptionField<TrainingConfiguration>] = [
        Field(
            "train-on", \.trainsOn, of: standard, OptionTraits(folder: .ifChanged("on-")),
            isWritten: false,
            help: """
                Learn from the interactions of train, or from all, those of dev and test too; then nothing is ranked, and \
                --epochs-from says how long to train.
                """),
        Field(
            "warm-start", \.warmStart, of: standard, OptionTraits(folder: .never),
            help: """
                Begin with the parameters of an earlier run or a safetensors file: those of users and items that both \
                know, and those of all layers. Another training than one with --resume.
                """),
    ]

    /// A training step, beside the model and the objective.
    public static let stepFields: [OptionField<TrainingConfiguration>] = [
        Field(
            "sampling", \.sampling, of: standard, OptionTraits(folder: .ifChanged(""), differsByStage: true),
            help: "epoch: every sample once an epoch; users: a random user, then one of the user's samples."),
        Field(
            "targets", \.targets, of: standard, OptionTraits(folder: .ifChanged("targets-")), isWritten: false,
            help: """
                last: a sample is a history and the item behind it; all: a sample is a window of a user's sequence, with a \
                target at every position.
                """),
        Field(
            "window-stride", \.windowStride, of: standard, in: .within(0...10_000),
            OptionTraits(unit: "targets", folder: .ifChanged("stride"), isRare: true, shownDefault: "as --history-max"),
            help: """
                With --targets all: targets of a window; what remains of its --history-max items is history alone. 0: each \
                user has the newest window alone.
                """),
        Field(
            "batch-size", \.batchSize, of: standard, in: .within(1...1_000_000),
            OptionTraits(unit: "samples", folder: .always("batch"), differsByStage: true),
            help: "Samples of a step, over all ranks."),
        Field(
            "logical-shards", \.logicalShards, of: standard, in: .within(1...4096),
            OptionTraits(folder: .always("shards")),
            help: "Parts of the users: the most ranks. Another number is another training."),
        Field(
            "negatives", \.negatives, of: standard, in: .within(1...10_000),
            OptionTraits(
                aliases: ["num-neg"], folder: .always("negatives"), differsByStage: true,
                shownDefault:
                    "1; with --loss sampled-softmax \(ModelDefaults.sharedNegatives), gbce \(ModelDefaults.binaryNegatives)"
            ),
            help: "Negatives of a training sample."),
        Field(
            "lr", \.optimizer.learningRate, of: standard, in: .aboveZero("0.001 is the default"),
            OptionTraits(
                aliases: ["learning-rate"], folder: .always("lr"), differsByStage: true,
                shownDefault: RecommenderCatalogue.defaults { "\($0.training.learningRate)" }),
            help: "Learning rate of Adam."),
        Field(
            "l2", \.optimizer.l2, of: standard, in: .fromZero,
            OptionTraits(folder: .always("l2_"), differsByStage: true),
            help: "L2 coefficient, added to the gradient."),
        Field(
            "weight-decay", \.optimizer.weightDecay, of: standard, in: .fromZero,
            OptionTraits(folder: .ifChanged("decay"), differsByStage: true), isWritten: false,
            help: "Share of a parameter that a step takes away, in learning rates (AdamW); 0: none."),
        Field(
            "clip-norm", \.optimizer.clipNorm, of: standard, in: .fromZero,
            OptionTraits(folder: .ifChanged("clip"), differsByStage: true, isRare: true), isWritten: false,
            help: "The longest gradient of a step, over all parameters; a longer one is shortened to it. 0: any."),
        Field(
            "average", \.optimizer.averaging, of: standard,
            in: .within(0..<1, "choose a decay from 0 to below 1, such as 0.999"),
            OptionTraits(folder: .ifChanged("average"), differsByStage: true, isRare: true), isWritten: false,
            help: """
                Decay of the moving average of the parameters, which is ranked and kept in their place; 0: the parameters \
                themselves.
                """),
        Field(
            "warmup-steps", \.optimizer.warmupSteps, of: standard, in: .within(0...Int(UInt32.max)),
            OptionTraits(unit: "steps", folder: .ifChanged("warmup"), differsByStage: true, isRare: true),
            isWritten: false,
            help: "Steps over which the learning rate rises from 0."),
        Field(
            "lr-decay", \.optimizer.learningRateDecay, of: standard,
            OptionTraits(folder: .ifChanged("lr-"), differsByStage: true, isRare: true), isWritten: false,
            help:
                "How the learning rate falls to a hundredth until the end of --decay-epochs: \(LearningRateDecay.optionKind)."
        ),
        Field(
            "decay-epochs", \.optimizer.learningRateDecayEpochs, of: standard, in: .within(0...1_000_000),
            OptionTraits(unit: "epochs", folder: .ifChanged("until"), differsByStage: true, isRare: true),
            isWritten: false,
            help: "With --lr-decay: epochs after which the learning rate has fallen, and stays."),
        Field(
            "seed", \.seed, of: standard, OptionTraits(aliases: ["random-seed"], folder: .always("seed")),
            help: "Seed of all random numbers."),
        Field(
            "exchange", \.exchange, of: standard, OptionTraits(effect: .nothing, isRare: true),
            help: "How ranks exchange gradients; never changes a result: \(ExchangeKind.optionKind)."),
        Field(
            "table-sharding", \.tableSharding, of: standard, OptionTraits(effect: .nothing, isRare: true),
            isWritten: false,
            help: """
                Where the rows of items and users lie; never changes a result. none: all on every node; rows: each on one \
                rank, for tables that are larger than the memory of a node.
                """),
        Field(
            "optimizer-sharding", \.optimizerSharding, of: standard, OptionTraits(effect: .nothing, isRare: true),
            isWritten: false,
            help: """
                Where Adam's moments lie between several nodes; never changes a result. none: all on every node; dense: those \
                of all but tables on the rank that adds up their gradient; all: those of tables, too, for the full softmax.
                """),
        Field(
            "row-updates", \.rowUpdates, of: standard, OptionTraits(effect: .nothing, isRare: true),
            isWritten: false,
            help: """
                When rows of items and users move that no sample of a step touches, which never changes a result: in every \
                step (every-step); before they are read, all steps at once (when-read); or so in large tables (auto).
                """),
        Field(
            "exchange-rounds", \.exchangeRounds, of: standard, OptionTraits(effect: .nothing, isRare: true),
            isWritten: false,
            help: """
                How messages go between several nodes, which never changes a result: from each to each other one (direct), \
                or in about 2 log2 n rounds (halving): \(ExchangeRounds.optionKind).
                """),
    ]

    /// How dev and test are ranked.
    public static let rankingFields: [OptionField<TrainingConfiguration>] = [
        Field(
            "evaluation", \.ranking, of: standard,
            OptionTraits(effect: .ranking, shownDefault: "sampled where there are negatives"),
            help: "Rank among the stored negatives (sampled) or among all items (full)."),
        Field(
            "topk", \.topK, of: standard,
            in: ValueRange("") {
                $0.isEmpty || $0.contains { $0 < 1 }
                    ? (rest: "holds something that is no cut-off", recoverySuggestion: "write numbers from 1: 5,10,20")
                    : nil
            },
            OptionTraits(unit: "n,n,...", effect: .ranking),
            help: "Cut-offs; the first decides about the best epoch."),
        Field(
            "history-scores", \.historyScores, of: standard, OptionTraits(effect: .ranking),
            help: "What the items of a history count for among all items: \(HistoryScores.optionKind)."),
        Field(
            "neighbour-weight", \.neighbourWeight, of: standard, in: .atLeast(0, "choose a number from 0, such as 3"),
            OptionTraits(effect: .ranking, folder: .ifChanged("neighbours"), isRare: true), isWritten: false,
            help: """
                Weight of what is added to the scores of items that often stand near those of the history in train; with \
                --score cosine 2 to 4 are good. 0: the scores of the model alone.
                """),
        Field(
            "neighbour-distance", \.neighbourRule.distance, of: standard, in: .within(1...10_000),
            OptionTraits(unit: "interactions", effect: .ranking, folder: .ifChanged("near"), isRare: true),
            isWritten: false,
            help: """
                With --neighbour-weight: how many interactions later an item stands at most that counts as near; 1 where the \
                order says much, as in MovieLens.
                """),
        Field(
            "neighbour-backward", \.neighbourRule.backward, of: standard,
            in: .atLeast(0, "choose a number from 0 to 1"),
            OptionTraits(effect: .ranking, folder: .ifChanged("backward"), isRare: true), isWritten: false,
            help: "With --neighbour-weight: what an item counts for that comes before, beside one that comes after."),
        Field(
            "measures", \.measures, of: standard, OptionTraits(unit: "name,name,...", effect: .ranking),
            isWritten: false,
            help: "Report of test beside HR and NDCG: some of \(Set(RankingMeasure.allCases).optionText)."),
        Field(
            "dev-only", \.leavesTestAlone, of: standard, OptionTraits(effect: .ranking), isWritten: false,
            help: "Leave test alone: nobody who searches among options should see it (0/1)."),
    ]

    /// What a stage continues.
    public static let extractorField = OptionField<TrainingConfiguration>(
        "extractor", \.namedExtractor, of: standard, OptionTraits(folder: .never, shownDefault: "the run of --out"),
        help: "TiMiRec: where finetune finds the extractor: a run or a safetensors file.")

    static let objectiveFields = ObjectiveOptions.fields.map { $0.of(\TrainingConfiguration.objective) }

    /// All of them.
    static let fields =
        runFields + beginningFields + endFields + stepFields + rankingFields + [extractorField] + objectiveFields

    /// The names and aliases of all fields.
    package static let fieldNames = Set(fields.map(\.declaration).flatMap { [$0.name] + $0.aliases })

    /// How a field can be spelled on a command line.
    package static func spellings(ofField name: String) -> [String] {
        field(called: name)?.declaration.spellings ?? [name]
    }

    /// The help text of a field, for a command that has an option of its name.
    package static func help(ofField name: String) -> String { field(called: name)?.declaration.helpText() ?? "" }

    /// The one that is called so.
    static func field(called spelling: String) -> OptionField<TrainingConfiguration>? {
        fields.first { $0.declaration.isCalled(spelling) }
    }
}

extension LearningRateDecay: OptionValue {}
extension RankingProtocol: OptionValue {}
extension HistoryScores: OptionValue {}
extension SamplingRule: OptionValue {}

/// Measures with commas between them, or `none`.
extension Set: OptionValue where Element == RankingMeasure {
    public static var optionKind: String { "some of \(Set(RankingMeasure.allCases).optionText)" }
    public init?(optionText: String) {
        let parts =
            optionText == "none" || optionText.isEmpty
            ? [] : optionText.split(separator: ",", omittingEmptySubsequences: false)
        let measures = parts.compactMap { RankingMeasure(rawValue: String($0)) }
        guard measures.count == parts.count else { return nil }
        self = Set(measures)
    }
    public var optionText: String {
        isEmpty ? "none" : RankingMeasure.allCases.filter(contains).map(\.rawValue).joined(separator: ",")
    }
}
