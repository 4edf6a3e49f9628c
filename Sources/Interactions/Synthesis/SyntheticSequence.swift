import KernelCore

/// The interactions of a synthetic user, in time order.
struct SyntheticSequence {
    private(set) var items: [Int32] = []
    private(set) var times: [Int64] = []

    private static let day: UInt32 = 86_400
    /// Begin of 2020.
    private static let firstTime: Int64 = 1_577_836_800

    init(
        user: Int32, interests: [SyntheticDataset.Interest], options: SyntheticDataset.Options, clusters: ItemClusters
    ) {
        var stream = RandomStream(
            seed: options.seed, purpose: .synthesis, iteration: SyntheticDataset.Stage.sequence.rawValue,
            element: UInt32(user))
        let length = SyntheticSequence.drawLength(options, &stream)
        var time = SyntheticSequence.firstTime + Int64(stream.next(below: 180 * SyntheticSequence.day))
        var interest: SyntheticDataset.Interest?
        /// Newest item of every interest.
        var newest: [Int32: Int32] = [:]
        for index in 0..<length {
            if interest == nil || !stream.happens(options.persistence) {
                interest = SyntheticSequence.draw(interests, step: index, of: length, &stream)
            }
            guard let cluster = interest?.cluster else { return }
            let item = drawItem(of: cluster, after: newest[cluster], options, clusters, &stream)
            newest[clusters.clusters[Int(item) - 1]] = item
            items.append(item)
            times.append(time)
            time += 600 + Int64(stream.next(below: 14 * SyntheticSequence.day))
        }
    }

    /// So that the sums of the weights of interests fit into 32 bits.
    private static let longest = 60_000

    /// Five and a geometrically distributed rest, at most what leaves enough negatives.
    private static func drawLength(_ options: SyntheticDataset.Options, _ stream: inout RandomStream) -> Int {
        let shortest = SyntheticDataset.shortestSequence
        let longest = max(shortest, min(options.items / 2, options.items - options.negatives, longest))
        let going = 1 - 1 / (1 + options.meanInteractions - Double(shortest))
        var length = shortest
        while length < longest, stream.happens(going) { length += 1 }
        return length
    }

    /// An interest, drawn by the weights of the moment.
    private static func draw(
        _ interests: [SyntheticDataset.Interest], step: Int, of length: Int, _ stream: inout RandomStream
    ) -> SyntheticDataset.Interest {
        let weights = interests.map { interest in
            UInt32(Int(interest.firstWeight) * (length - 1 - step) + Int(interest.lastWeight) * step)
        }
        var target = stream.next(below: max(1, weights.reduce(0, +)))
        for (interest, weight) in zip(interests, weights) {
            if target < weight { return interest }
            target -= weight
        }
        return interests[interests.count - 1]
    }

    private func drawItem(
        of cluster: Int32, after last: Int32?, _ options: SyntheticDataset.Options, _ clusters: ItemClusters,
        _ stream: inout RandomStream
    ) -> Int32 {
        if stream.happens(options.noise) { return drawFromAll(options, &stream) }
        if let last, stream.happens(options.succession) {
            let item = clusters.successor(of: last, distance: 1 + Int(stream.next(below: 3)))
            if !items.contains(item) { return item }
        }
        for _ in 0..<32 {
            let item = clusters.draw(from: Int(cluster), &stream)
            if !items.contains(item) { return item }
        }
        return clusters.byPopularity[Int(cluster)].first { !items.contains($0) } ?? drawFromAll(options, &stream)
    }

    /// Half of the items at least are new to the user, so that this ends.
    private func drawFromAll(_ options: SyntheticDataset.Options, _ stream: inout RandomStream) -> Int32 {
        while true {
            let item = 1 + Int32(stream.next(below: UInt32(options.items)))
            if !items.contains(item) { return item }
        }
    }
}
