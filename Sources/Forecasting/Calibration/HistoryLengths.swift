import Interactions
import MPI

/// How long the histories of the training samples are: a step ends with the rank that has the longest ones.
struct HistoryLengths: Sendable, Equatable {
    /// Items of a history, the mean over the samples.
    let mean: Double
    /// Standard deviation of their number, in means.
    let deviation: Double

    /// Of all ranks' samples, each interaction of train with a history being one. Collective.
    init(_ store: SequenceStore, historyMax: Int, world: Communicator) throws(MPIError) {
        var (count, sum, squares) = (0.0, 0.0, 0.0)
        for user in store.users.indices {
            for position in 1..<max(store.offsets[user + 1] - store.offsets[user], 1)
            where store.splits[store.offsets[user] + position] == Split.train.rawValue {
                let length = Double(historyMax > 0 ? min(position, historyMax) : position)
                count += 1
                sum += length
                squares += length * length
            }
        }
        let all = try world.allReduce([count, sum, squares], .sum)
        self.init(count: all[0], sum: all[1], squares: all[2])
    }

    init(count: Double, sum: Double, squares: Double) {
        mean = count > 0 ? sum / count : 0
        let variance = count > 0 ? max(squares / count - mean * mean, 0) : 0
        deviation = mean > 0 ? variance.squareRoot() / mean : 0
    }
}
