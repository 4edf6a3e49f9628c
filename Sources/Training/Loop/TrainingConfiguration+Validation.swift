import Recommenders
import Reporting

extension TrainingConfiguration {
    /// The catalogue's entry of the model.
    var entry: RecommenderEntry {
        get throws(TrainingError) {
            try RecommenderCatalogue.requireEntry(named: model)
        }
    }

    /// Refuses what is out of range, naming the option.
    public func validate() throws(TrainingError) {
        try require(dataset.isEmpty ? "--dataset is missing" : nil, "name a folder in --data-root")
        try require("--epochs", epochs, 1...1_000_000)
        if let maxSteps { try require("--max-steps", maxSteps, 1...Int(UInt32.max)) }
        try require("--early-stop", earlyStop, 0...1_000_000)
        try require("--patience", patience, 1...1_000_000)
        try require("--validate-every", validateEvery, 1...1_000_000_000)
        try require("--batch-size", batchSize, 1...1_000_000)
        try require("--logical-shards", logicalShards, 1...4096)
        try require(
            batchSize < logicalShards ? "--batch-size is \(batchSize), below the \(logicalShards) logical shards" : nil,
            "every shard gives a sample to a step: choose a larger batch size or fewer --logical-shards")
        try require(
            optimizer.learningRate > 0 && optimizer.learningRate.isFinite
                ? nil : "--lr is \(optimizer.learningRate), it must be above 0", "0.001 is usual")
        try require(
            optimizer.l2 >= 0 && optimizer.l2.isFinite ? nil : "--l2 is \(optimizer.l2), it must not be below 0",
            "0 turns it off")
        try require("--negatives", negatives, 1...10_000)
        try require(
            topK.isEmpty || topK.contains { $0 < 1 } ? "--topk holds something that is no cut-off" : nil,
            "write numbers from 1: 5,10,20")
        try options.validate()
        // A mini-batch is that of a shard; where users are drawn, all can be of one shard.
        let samples = sampling == .users ? batchSize : (batchSize - 1) / logicalShards + 1
        try require(
            samples * options.historyMax > Int(Int32.max)
                ? "--batch-size \(batchSize) and --history-max \(options.historyMax): \(samples * options.historyMax) items "
                    + "of a mini-batch" : nil, "at most \(Int32.max) fit: choose a smaller batch or shorter histories")
        try objective.validate(negatives: negatives)
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
            remedy: "choose one of " + entries.map(\.name).joined(separator: ", "))
    }
}

extension ModelOptions {
    /// Refuses what is out of range, naming the option.
    func validate() throws(TrainingError) {
        try require("--embedding-size", embeddingSize, 1...4096)
        try require("--interests", interests, 1...64)
        try require("--history-max", historyMax, 1...10_000)
        try require("--attention-size", attentionSize, 1...4096)
        if let layers { try require("--layers", layers, 1...16) }
        try require("--heads", heads, 1...embeddingSize)
        try require(
            embeddingSize % heads == 0
                ? nil : "--embedding-size \(embeddingSize) does not divide into \(heads) --heads",
            "choose a number of heads that divides the size")
        try require(
            dropout >= 0 && dropout < 1 ? nil : "--dropout is \(dropout)", "choose a rate from 0 to below 1")
        try require("--hidden-size", hiddenSize, 1...4096)
        try require("--time-max", timeMax, 1...1_000_000)
        if let timeUnitMax { try require("--time-unit-max", timeUnitMax, 0...Int.max) }
        try require(power > 0 ? nil : "--p is \(power)", "write a number above 0, or inf")
        try require("--iterations", iterations, 1...100)
        try require(
            temperature >= 1e-3 && temperature.isFinite ? nil : "--temp is \(temperature), at least 0.001 is needed",
            "1 is usual")
    }
}

func require(_ option: String, _ value: Int, _ range: ClosedRange<Int>) throws(TrainingError) {
    try require(
        range.contains(value) ? nil : "\(option) is \(value)",
        "choose \(range.lowerBound) to \(range.upperBound)")
}

func require(_ problem: String?, _ remedy: String) throws(TrainingError) {
    if let problem { throw TrainingError(.usage, problem, remedy: remedy) }
}
