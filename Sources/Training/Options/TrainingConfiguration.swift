import DistributedOptimizer
import Evaluation
import Interactions
import Recommenders

/// Everything that decides about the result of a training run, resolved: what `config.yaml` holds.
///
/// The keys are the names of the command line's options, so that `config.yaml` can be given to `--config`.
public struct TrainingConfiguration: Sendable, Equatable {
    /// Name of the recipe that options were taken from where nobody chose others; a record, which decides nothing.
    public var recipe: String?
    /// Name of a model of ``RecommenderCatalogue``.
    public var model: String
    /// The stage to train, for a model that has stages.
    public var stage: TrainingStage?
    /// Whether the stages before it were trained by the same command: `stage: both` in `config.yaml`.
    public var trainsAllStages = false
    /// What the stage `pretrain` had to itself then: a record, since that stage has a configuration of its own.
    public var pretraining = StageOptions()
    /// Folder of data sets.
    public var dataRoot: String
    /// The data set's folder in ``dataRoot``, which is its name.
    public var dataset: String
    /// The run's folder.
    public var output: String
    /// The most epochs; an early stop or ``maxSteps`` can end the training before.
    public var epochs = TrainingConfiguration.mostEpochs
    /// Stop after so many steps; nil: only epochs count.
    public var maxSteps: Int?
    /// What all that is drawn follows from: first parameters, order of samples, negatives, dropout.
    public var seed: UInt64 = 0
    /// Samples of a step, over all ranks: histories, or windows with ``TrainedTargets/all``.
    public var batchSize = 256
    /// Parts that the users are divided into; the most ranks that can take part.
    public var logicalShards = 8
    /// How the samples of a step are chosen.
    public var sampling = SamplingRule.epoch
    /// Which positions of a sequence have a target.
    public var targets = TrainedTargets.last
    /// With ``TrainedTargets/all``: targets between the ends of two windows; 0: a user has the newest window alone; nil: as
    /// many as a window has rows.
    public var windowStride: Int?
    /// With ``SamplingRule/users``: the steps between two validations, which take the place of an epoch.
    public var validateEvery = 1000
    /// Learning rate and L2 of Adam.
    public var optimizer = Adam.Settings()
    /// Negatives of a training sample.
    public var negatives = 1
    /// nil: among the stored negatives where the data set has them, otherwise among all items.
    public var ranking: RankingProtocol?
    /// The cut-offs k of HR@k and NDCG@k. NDCG at the first one decides about the best epoch.
    public var topK = [5, 10, 20, 50]
    /// What the items of a history count for where all items are ranked.
    public var historyScores = HistoryScores.exclude
    /// The weight of ``Recommenders/NeighbourScores`` in a ranking; 0: nothing is added to the scores.
    public var neighbourWeight: Float = 0
    /// How the neighbours of items are counted in train.
    public var neighbourRule = ItemNeighbours.Rule()
    /// What is reported beside hit ratio and gain.
    public var measures: Set<RankingMeasure> = []
    /// Whether test is not ranked at the end, so that nobody who searches among options sees it.
    public var leavesTestAlone = false
    /// Dev results in a row without a rise that end the training; 0: never.
    public var earlyStop = 10
    /// So many epochs (after the first 20) or validations after the best one end the training.
    public var patience = 20
    /// nil: the best where the data set has dev rows, otherwise the last.
    public var keep: KeptParameters?
    /// How ranks exchange gradients; never changes a result.
    public var exchange = ExchangeKind.automatic
    /// Where the rows of the tables of items and users lie; never changes a result.
    public var tableSharding = TableSharding.none
    /// Where the moments of the optimizer lie, between several nodes; never changes a result.
    public var optimizerSharding = OptimizerSharding.none
    /// When rows move that no sample of a step touches; never changes a result.
    public var rowUpdates = RowUpdates.automatic
    /// In how many rounds of messages nodes exchange gradients; never changes a result.
    public var exchangeRounds = ExchangeRounds.automatic
    /// Where a stage that continues another finds its parameters: a run's folder or a safetensors file.
    public var extractor: String?
    /// Which interactions are learned from.
    public var trainsOn = TrainedInteractions.train
    /// An earlier run, or a safetensors file, whose parameters the training begins with as far as they fit.
    public var warmStart: String?
    /// The hyperparameters of the model.
    public var options = ModelOptions()
    /// Loss, selection of the interest and regularizers.
    public var objective = ObjectiveOptions()

    /// A training with the defaults of all options.
    ///
    /// - Parameters:
    ///   - model: name of a model of ``RecommenderCatalogue``.
    ///   - dataRoot: folder of data sets.
    ///   - dataset: the data set's folder in it.
    ///   - output: the run's folder.
    public init(model: String, dataRoot: String, dataset: String, output: String) {
        self.model = model
        self.dataRoot = dataRoot
        self.dataset = dataset
        self.output = output
    }

    /// The most epochs by default.
    public static let mostEpochs = 200

    /// The data set's folder.
    public var dataFolder: String { dataRoot.hasSuffix("/") ? dataRoot + dataset : dataRoot + "/" + dataset }
}
