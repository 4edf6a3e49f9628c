import FileIO
import Options
import Recommenders

extension TrainingConfiguration {
    /// The catalogue's entry of the model.
    package var entry: RecommenderEntry {
        get throws(TrainingError) {
            try RecommenderCatalogue.requireEntry(named: model)
        }
    }

    /// Refuses what is out of range, naming the option.
    public func validate() throws(TrainingError) {
        try require(dataset.isEmpty ? "--dataset is missing" : nil, "name a folder in --data-root")
        for field in Self.fields { try require(field.problem(in: self)) }
        for option in RecommenderCatalogue.options { try require(option.problem(in: options)) }
        try require(
            batchSize < logicalShards ? "--batch-size is \(batchSize), below the \(logicalShards) logical shards" : nil,
            "every shard gives a sample to a step: choose a larger batch size or fewer --logical-shards")
        try require(RecommenderCatalogue.entry(named: model)?.checkOptions(options))
        // A mini-batch is that of a shard; where users are drawn, all can be of one shard.
        let samples = sampling == .users ? batchSize : (batchSize - 1) / logicalShards + 1
        try validateTargets()
        try require(
            (optimizer.learningRateDecay == .none) == (optimizer.learningRateDecayEpochs == 0)
                ? nil : "--lr-decay and --decay-epochs go together", "give both, or leave both out")
        try require(
            optimizer.weightDecay == 0 || optimizer.l2 == 0 ? nil : "--weight-decay and --l2 do the same in two ways",
            "choose one, and set the other to 0")
        try require(
            optimizer.weightDecay * optimizer.learningRate < 1
                ? nil : "--weight-decay \(optimizer.weightDecay) takes away more than there is",
            "choose less than 1 / --lr")
        try require(
            samples * options.historyMax > Int(Int32.max)
                ? "--batch-size \(batchSize) and --history-max \(options.historyMax): \(samples * options.historyMax) items "
                    + "of a mini-batch" : nil, "at most \(Int32.max) fit: choose a smaller batch or shorter histories")
        try objective.validate(negatives: negatives)
        try require(
            objective.score == .mixture && hasNeighbours
                ? "--score mixture and --neighbour-weight \(neighbourWeight)" : nil,
            "set --neighbour-weight 0: a mixture is ranked without an addition")
        try validateSharding()
    }

    /// Refuses what reads all rows of a table that no rank has.
    private func validateSharding() throws(TrainingError) {
        guard tableSharding == .rows else { return }
        try require(
            objective.loss == .fullSoftmax ? "--table-sharding rows and --loss full-softmax" : nil,
            "every step would fetch all items: choose --loss sampled-softmax")
        try require(
            objective.score == .mixture ? "--table-sharding rows and --score mixture" : nil,
            "ranks ask each other for inner products: choose --score product or cosine, or leave the tables whole")
        try require(
            measures.contains(.coverage) || measures.contains(.interests)
                ? "--table-sharding rows ranks without --measures coverage and interests" : nil,
            "leave these out, and ask `trainer evaluate` for them")
        try require(
            neighbourWeight == 0 ? nil : "--table-sharding rows and --neighbour-weight \(neighbourWeight)",
            "set --neighbour-weight 0, and give a weight to `trainer evaluate`")
        try require(
            warmStart == nil ? nil : "--table-sharding rows and --warm-start",
            "begin without --warm-start, or without --table-sharding")
    }

    /// Refuses what a training would have no use for. The configurations of finished runs may hold it.
    func validateSampling() throws(TrainingError) {
        try require(
            sampling == .users || validateEvery == 1000 ? nil : "--validate-every is for --sampling users",
            "leave it out, or set it to 1000: with --sampling epoch every epoch ends with a validation")
        try require(
            sampling == .epoch || earlyStop == 0 || earlyStop == 10
                ? nil : "--early-stop counts epochs; with --sampling users it can only be turned off, by 0",
            "choose a number of validations with --patience")
    }
}

extension RecommenderCatalogue {
    /// The entry called `name`; an error that names the nearest one where there is none.
    public static func requireEntry(named name: String) throws(TrainingError) -> RecommenderEntry {
        if let entry = entry(named: name) { return entry }
        let nearest = nearestName(to: name).map { "; did you mean \($0)?" } ?? ""
        throw TrainingError(
            .usage, "there is no model \(name.printable(limit: 100))\(nearest)",
            recoverySuggestion: "choose one of " + entries.map(\.name).joined(separator: ", "))
    }
}

func require(_ problem: OptionProblem?) throws(TrainingError) {
    if let problem { throw TrainingError(.usage, problem.problem, recoverySuggestion: problem.recoverySuggestion) }
}

func require(_ problem: String?, _ recoverySuggestion: String) throws(TrainingError) {
    if let problem { throw TrainingError(.usage, problem, recoverySuggestion: recoverySuggestion) }
}
