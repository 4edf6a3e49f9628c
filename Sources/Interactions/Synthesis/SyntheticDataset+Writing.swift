extension SyntheticDataset {
    /// Writes `train.csv`, `dev.csv` and `test.csv` in the format of ReChorus, and `ground_truth.json`.
    ///
    /// All files are complete before the first gets its name, and `train.csv` gets its name last: a folder that was
    /// left half-written is never taken for a data set.
    /// - Parameter replacing: whether a data set that the folder already holds may be replaced.
    public func write(to folder: String, replacing: Bool = false) throws(DatasetError) {
        try ReChorusWriter(userIds: .numbered(options.users), itemIds: .numbered(options.items)).write(
            train: train, dev: dev, test: test, groundTruth: groundTruth, to: folder, replacing: replacing)
    }

    /// The ground truth as JSON: `options`; `item_clusters` and `item_popularity`, of item i at index i - 1; `interests` of
    /// user u at index u - 1, each `[cluster, weight at the first interaction, weight at the last]`.
    public var groundTruth: String {
        var text = """
            {"options": {"users": \(options.users), "items": \(options.items), \
            "mean_interactions": \(options.meanInteractions), "clusters": \(options.clusters), \
            "interests": [\(options.interests.lowerBound), \(options.interests.upperBound)], \
            "popularity_exponent": \(options.popularityExponent), "drift": \(options.drift), \
            "persistence": \(options.persistence), "succession": \(options.succession), "noise": \(options.noise), \
            "negatives": \(options.negatives), "seed": \(options.seed)},

            """
        text += " \"item_clusters\": \(itemClusters),\n \"item_popularity\": \(itemPopularity),\n \"interests\": [\n"
        for (index, interests) in interests.enumerated() {
            let entries = interests.map { "[\($0.cluster), \($0.firstWeight), \($0.lastWeight)]" }
            text += "  [\(entries.joined(separator: ", "))]" + (index + 1 < self.interests.count ? ",\n" : "\n")
        }
        return text + " ]}\n"
    }
}
