extension SyntheticDataset {
    /// The size and the nature of a synthetic data set.
    public struct Options: Sendable, Equatable {
        /// The number of users, 1 to 10,000,000.
        public var users = 3_000
        /// The number of items, 1 to 10,000,000; more than there are negatives of a row.
        public var items = 1_500
        /// Mean number of interactions of a user; no user has fewer than five.
        public var meanInteractions = 14.0
        /// Groups of items of equal size. An interest of a user is one of them.
        public var clusters = 30
        /// The number of interests of a user, each number equally likely.
        public var interests = 1...4
        /// Within a cluster the r-th most popular item has a weight of `r ^ -popularityExponent`.
        public var popularityExponent = 1.0
        /// How far the weights of a user's interests move over time: 0 not at all, 1 to an independent draw.
        public var drift = 1.0
        /// Probability that the next interaction belongs to the same interest as the last.
        public var persistence = 0.4
        /// Probability that the next item is one of the three that succeed the last one in the order of the cluster.
        public var succession = 0.3
        /// Probability that an item is drawn from all items, whatever the interests.
        public var noise = 0.05
        /// Negatives of every dev and test row, distinct, of which the user had none; 0: no column `neg_items`.
        public var negatives = 99
        /// Seed of all random numbers.
        public var seed: UInt64 = 0

        /// A small data set: about 42,000 interactions.
        public init() {}

        /// Refuses what cannot be generated.
        public func validate() throws(DatasetError) {
            try require(1...10_000_000, users, "users")
            try require(1...10_000_000, items, "items")
            try require(1...items, clusters, "clusters")
            try require(items / 65_536 + 1...items, clusters, "clusters (at most 65,536 items each)")
            try require(1...clusters, interests.lowerBound, "interests of a user")
            try require(1...min(clusters, 64), interests.upperBound, "interests of a user")
            try require(0...4, popularityExponent, "popularity exponent")
            try require(0...1, drift, "drift")
            try require(0...1, persistence, "persistence")
            try require(0...1, succession, "succession")
            try require(0...1, noise, "noise")
            try require(0...items, negatives, "negatives")
            let shortest = Double(SyntheticDataset.shortestSequence)
            let longest = min(1_000, max(shortest, Double(items) / 4))
            try require(shortest...longest, meanInteractions, "mean number of interactions")
            guard Double(users) * meanInteractions < 2e9 else {
                throw Options.error(
                    "\(users) users with \(meanInteractions) interactions each", "ask for fewer than 2e9 interactions")
            }
            guard items - negatives > SyntheticDataset.shortestSequence else {
                throw Options.error(
                    "\(items) items for \(negatives) negatives",
                    "there must be more items than negatives and interactions of a user")
            }
        }

        private func require<Value: Comparable>(
            _ range: ClosedRange<Value>, _ value: Value, _ name: String
        ) throws(DatasetError) {
            guard !range.contains(value) else { return }
            throw Options.error("\(name): \(value)", "choose \(range.lowerBound) to \(range.upperBound)")
        }

        static func error(_ problem: String, _ recoverySuggestion: String) -> DatasetError {
            DatasetError(
                .configuration, file: "synthetic data set", problem: problem, recoverySuggestion: recoverySuggestion)
        }
    }
}
