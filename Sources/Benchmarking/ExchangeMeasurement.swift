import DistributedOptimizer
import MPI
import Training

/// Measures the exchange of gradients between the nodes, step by step, each way on the gradients of the same step and one
/// after the other, so that all see the same machine.
final class ExchangeMeasurement {
    private let trial: MessageTrial
    private let world: Communicator
    private let network: NetworkSpeed
    private var seconds: (touched: [Double], all: [Double], allReduce: [Double]) = ([], [], [])

    /// Measures the network. Collective.
    init(_ trial: MessageTrial, world: Communicator) throws(MPIError) {
        self.trial = trial
        self.world = world
        network = try NetworkSpeed(trial.firstPair, world: world)
    }

    /// Measures with the gradients that have been computed last. Collective.
    ///
    /// - Throws: ``TrainingError`` if the two forms of the exchange do not end in the same bits.
    func measureStep() throws {
        try trial.prepare()
        seconds.touched.append(try time { () throws(MPIError) in try trial.exchange(.touched) })
        seconds.all.append(try time { () throws(MPIError) in try trial.exchange(.all) })
        seconds.allReduce.append(try time { () throws(MPIError) in try trial.allReduce(world) })
        try world.collectively {
            guard trial.sumsAgree() else {
                throw TrainingError(
                    .failure, "the sums of the gradients depend on how they are sent",
                    recoverySuggestion: "this is an error of the program; please report it with the command line")
            }
        }
    }

    /// Seconds of the slowest rank, from the moment when all are ready.
    private func time(_ body: () throws(MPIError) -> Void) throws(MPIError) -> Double {
        try world.barrier()
        let start = ContinuousClock.now
        try body()
        return try world.allReduce((ContinuousClock.now - start).inSeconds, .maximum)
    }

    /// What was found. Collective.
    func finish() throws(MPIError) -> ExchangeComparison {
        let nodes = trial.nodeCount
        // An allreduce sends and receives all but its own part of every gradient, before and after the addition.
        let leastBytes = 2 * Double(nodes - 1) / Double(nodes) * Double(trial.denseCount * MemoryLayout<Float>.stride)
        return ExchangeComparison(
            nodes: nodes, steps: seconds.touched.count, network: network,
            touchedRows: ExchangeComparison.Method(
                seconds: seconds.touched.median,
                bytes: try mostBytes(trial.sentWords(.touched)), rounds: 2),
            allRows: ExchangeComparison.Method(
                seconds: seconds.all.median, bytes: try mostBytes(trial.sentWords(.all)),
                rounds: 2),
            allReduce: ExchangeComparison.Method(
                seconds: seconds.allReduce.median, bytes: leastBytes, rounds: 2 * (nodes - 1)))
    }

    /// Bytes a step of the node and direction that have the most.
    private func mostBytes(_ sent: [Int]) throws(MPIError) -> Double {
        let nodes = trial.nodeCount
        var own = [Int](repeating: 0, count: nodes * nodes)
        for node in 0..<nodes { own[trial.node * nodes + node] = sent[node] }
        let words = try world.allReduce(own, .sum)
        let most = (0..<nodes).map { node in
            max(
                (0..<nodes).reduce(0) { $0 + words[node * nodes + $1] },
                (0..<nodes).reduce(0) { $0 + words[$1 * nodes + node] })
        }.max()
        return Double((most ?? 0) * MemoryLayout<Float>.stride) / Double(seconds.touched.count)
    }
}
