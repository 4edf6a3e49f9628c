import KernelCore

/// Interactions of made-up users with several interests each, and the ground truth about them.
///
/// Items belong to clusters and are popular there by a power law. A user has a few interests (clusters) whose weights
/// move over time, stays with an interest for a while, and often takes an item that succeeds the one before: popularity
/// explains little of what comes next, the history much more. No user has an item twice. The last interaction of a user
/// is test, the one before dev, each with uniform negatives that the user never had.
///
/// A pure function of the options: counter-based random numbers and integer weights, the same on every machine.
public struct SyntheticDataset: Sendable {
    /// An interest of a user: a cluster, and its weight at the first and at the last interaction.
    public struct Interest: Sendable, Equatable {
        /// The cluster, from 0.
        public let cluster: Int32
        /// The weight at the first interaction among those of the user's interests, 1 to 1000.
        public let firstWeight: Int32
        /// The weight at the last interaction; between the two it moves in a straight line.
        public let lastWeight: Int32
    }

    /// What the data set was made by.
    public let options: Options
    /// The cluster of item i at index i - 1.
    public let itemClusters: [Int32]
    /// The weight of item i among those of its cluster at index i - 1.
    public let itemPopularity: [UInt32]
    /// The interests of user u at index u - 1.
    public let interests: [[Interest]]
    /// All interactions of a user but the last two, user by user in the order of time.
    public let train: InteractionTable
    /// The last interaction but one of each user.
    public let dev: InteractionTable
    /// The last interaction of each user.
    public let test: InteractionTable

    static let shortestSequence = 5

    /// What a random stream is for; the stream's element is the user.
    enum Stage: UInt32 {
        case items, interests, sequence, negatives
    }

    /// Generates the data set.
    ///
    /// - Throws: for options that ``Options/validate()`` refuses.
    public init(_ options: Options) throws(DatasetError) {
        try options.validate()
        self.options = options
        let clusters = ItemClusters(options)
        var train = InteractionTable(file: "train.csv")
        var dev = InteractionTable(file: "dev.csv")
        var test = InteractionTable(file: "test.csv")
        var interests: [[Interest]] = []
        interests.reserveCapacity(options.users)
        /// Last user who had the item, or got it as a negative.
        var marks = [Int32](repeating: 0, count: options.items + 1)
        for user in 1...Int32(options.users) {
            let own = SyntheticDataset.drawInterests(of: user, options)
            let sequence = SyntheticSequence(user: user, interests: own, options: options, clusters: clusters)
            interests.append(own)
            let count = sequence.items.count
            for index in 0..<count {
                let (item, time) = (sequence.items[index], sequence.times[index])
                switch count - index {
                case 1: test.append(user: user, item: item, time: time)
                case 2: dev.append(user: user, item: item, time: time)
                default: train.append(user: user, item: item, time: time)
                }
            }
            for split in [Stage.RawValue(1), 2] where options.negatives > 0 {
                for item in sequence.items { marks[Int(item)] = user }
                var stream = RandomStream(
                    seed: options.seed, purpose: .synthesis, iteration: Stage.negatives.rawValue + split,
                    element: UInt32(user))
                var drawn: [Int32] = []
                while drawn.count < options.negatives {
                    let item = 1 + Int32(stream.next(below: UInt32(options.items)))
                    guard marks[Int(item)] != user else { continue }
                    marks[Int(item)] = user
                    drawn.append(item)
                }
                for item in drawn {
                    if split == 1 { dev.negatives.append(item) }
                    if split == 2 { test.negatives.append(item) }
                    // The other row draws anew.
                    marks[Int(item)] = 0
                }
            }
        }
        dev.negativesPerRow = options.negatives > 0 ? options.negatives : nil
        test.negativesPerRow = dev.negativesPerRow
        itemClusters = clusters.clusters
        itemPopularity = clusters.popularity
        self.interests = interests
        self.train = train
        self.dev = dev
        self.test = test
    }

    /// The data set as it is read from its files.
    public func dataset(name: String = "synthetic") throws(DatasetError) -> InteractionDataset {
        try InteractionDataset(name: name, train: train, dev: dev, test: test)
    }

    private static func drawInterests(of user: Int32, _ options: Options) -> [Interest] {
        var stream = RandomStream(
            seed: options.seed, purpose: .synthesis, iteration: Stage.interests.rawValue, element: UInt32(user))
        let range = options.interests
        let count = range.lowerBound + Int(stream.next(below: UInt32(range.count)))
        let driftParts = Int32(options.drift * 1024)
        var interests: [Interest] = []
        while interests.count < count {
            let cluster = Int32(stream.next(below: UInt32(options.clusters)))
            guard !interests.contains(where: { $0.cluster == cluster }) else { continue }
            let first = 1 + Int32(stream.next(below: 1000))
            let independent = 1 + Int32(stream.next(below: 1000))
            let last = first + (independent - first) * driftParts / 1024
            interests.append(Interest(cluster: cluster, firstWeight: first, lastWeight: last))
        }
        return interests
    }
}
