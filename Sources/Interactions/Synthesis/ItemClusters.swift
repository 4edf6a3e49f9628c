import KernelCore

/// The items of a synthetic data set: which cluster each belongs to, and how popular it is there.
struct ItemClusters {
    /// Cluster of item i at i - 1.
    let clusters: [Int32]
    /// Weight of item i in its cluster at i - 1.
    let popularity: [UInt32]
    /// Items of every cluster, most popular first, and the sums of the weights up to and with each.
    let byPopularity: [[Int32]]
    private let weightSums: [[UInt32]]
    /// Items of every cluster in the order in which they succeed each other, in a circle.
    private let circles: [[Int32]]
    /// Position of item i in its circle at i - 1.
    private let positions: [Int32]

    init(_ options: SyntheticDataset.Options) {
        var stream = RandomStream(
            seed: options.seed, purpose: .synthesis, iteration: SyntheticDataset.Stage.items.rawValue, element: 0)
        var shuffled = Array(1...Int32(options.items))
        stream.shuffle(&shuffled)
        var byPopularity = [[Int32]](repeating: [], count: options.clusters)
        for (index, item) in shuffled.enumerated() { byPopularity[index % options.clusters].append(item) }

        var clusters = [Int32](repeating: 0, count: options.items)
        var popularity = [UInt32](repeating: 0, count: options.items)
        var positions = clusters
        var weightSums: [[UInt32]] = []
        var circles: [[Int32]] = []
        for (cluster, items) in byPopularity.enumerated() {
            let unit = Double(min(1 << 20, Int(UInt32.max) / items.count))
            var sum: UInt32 = 0
            var sums: [UInt32] = []
            for (index, item) in items.enumerated() {
                let weight = max(1, UInt32(unit * reproduciblePower(Double(index + 1), -options.popularityExponent)))
                clusters[Int(item) - 1] = Int32(cluster)
                popularity[Int(item) - 1] = weight
                sum += weight
                sums.append(sum)
            }
            weightSums.append(sums)
            // Independent of the popularity, as the ids are.
            let circle = items.sorted()
            for (position, item) in circle.enumerated() { positions[Int(item) - 1] = Int32(position) }
            circles.append(circle)
        }
        self.byPopularity = byPopularity
        self.clusters = clusters
        self.popularity = popularity
        self.weightSums = weightSums
        self.circles = circles
        self.positions = positions
    }

    /// An item of a cluster, drawn by popularity.
    func draw(from cluster: Int, _ stream: inout RandomStream) -> Int32 {
        let sums = weightSums[cluster]
        let target = stream.next(below: sums[sums.count - 1])
        var low = 0
        var high = sums.count - 1
        while low < high {
            let middle = (low + high) / 2
            if sums[middle] <= target { low = middle + 1 } else { high = middle }
        }
        return byPopularity[cluster][low]
    }

    /// The item `distance` positions after an item in its circle.
    func successor(of item: Int32, distance: Int) -> Int32 {
        let circle = circles[Int(clusters[Int(item) - 1])]
        return circle[(Int(positions[Int(item) - 1]) + distance) % circle.count]
    }
}

extension RandomStream {
    /// Fisher-Yates, written out: the algorithm of the standard library may change between its versions.
    mutating func shuffle(_ elements: inout [Int32]) {
        for index in stride(from: elements.count - 1, to: 0, by: -1) {
            elements.swapAt(index, Int(next(below: UInt32(index + 1))))
        }
    }

    /// True with a probability, exact to 2^-24.
    mutating func happens(_ probability: Double) -> Bool { Double(nextUniform()) < probability }
}
