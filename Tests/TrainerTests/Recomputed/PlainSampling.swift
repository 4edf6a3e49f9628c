/// Which samples a step has, by the rules that the documentation gives.
struct PlainSampling {
    /// A true item and the position that it has in its user's sequence.
    struct Sample {
        let user: Int
        let position: Int
        /// Names the random numbers.
        let id: UInt32
        let negatives: [Int32]
    }

    let data: PlainData
    let training: PlainTraining

    /// The positions that are samples: with a history, but for models that know users by their ids.
    private func positions(of user: Int) -> [Int] {
        Array((training.needsHistory ? 1 : 0)..<data.users[user].trainCount)
    }

    /// Users with many samples first (of equal ones the smaller id), each to the shard with the fewest so far.
    private var shards: [[Int]] {
        var shards = [[Int]](repeating: [], count: training.shards)
        let order = data.users.indices.sorted { first, second in
            let (a, b) = (positions(of: first).count, positions(of: second).count)
            return a == b ? first < second : a > b
        }
        for user in order {
            let loads = shards.map { $0.reduce(0) { $0 + positions(of: $1).count } }
            shards[loads.firstIndex(of: loads.min()!)!].append(user)
        }
        return shards.map { $0.sorted() }
    }

    /// The steps of an epoch, counted from 1, each with its samples.
    func steps(ofEpoch epoch: Int) -> [[Sample]] {
        var steps: [[Sample]] = []
        for (shard, users) in shards.enumerated() {
            var samples = users.flatMap { user in positions(of: user).map { (user, $0) } }
            var stream = PlainStream(seed: training.seed, .order, iteration: epoch, element: shard)
            for index in stride(from: samples.count - 1, to: 0, by: -1) {
                samples.swapAt(index, stream.next(below: index + 1))
            }
            let quota =
                training.batchSize / training.shards + (shard < training.batchSize % training.shards ? 1 : 0)
            for (index, sample) in samples.enumerated() {
                let step = index / quota
                if step == steps.count { steps.append([]) }
                let id = data.firstSample(of: sample.0) + sample.1
                steps[step].append(complete(sample.0, sample.1, id: id, iteration: epoch))
            }
        }
        return steps
    }

    /// The samples of a step, counted from 1, whose users are drawn.
    func drawn(inStep step: Int) -> [Sample] {
        let users = data.users.indices.filter { !positions(of: $0).isEmpty }
        return (0..<training.batchSize).map { slot in
            var stream = PlainStream(seed: training.seed, .examples, iteration: step, element: slot)
            let user = users[stream.next(below: users.count)]
            let own = positions(of: user)
            return complete(user, own[stream.next(below: own.count)], id: slot, iteration: step)
        }
    }

    private func complete(_ user: Int, _ position: Int, id: Int, iteration: Int) -> Sample {
        var stream = PlainStream(seed: training.seed, .negatives, iteration: iteration, element: id)
        let own = data.users[user].trainItems
        var negatives: [Int32] = []
        while negatives.count < training.candidateNegatives {
            let item = Int32(1 + stream.next(below: data.itemCount))
            if !own.contains(item) { negatives.append(item) }
        }
        return Sample(user: user, position: position, id: UInt32(id), negatives: negatives)
    }
}
