import DistributedOptimizer
import MPI
import Training

/// Measures the exchange of gradients between the nodes, step by step, each way on the gradients of the same step and one
/// after the other, so that all see the same machine.
final class ExchangeMeasurement {
    private let trial: MessageTrial
    private let world: Communicator
    private let network: NetworkSpeed
    /// Of the steps: of each form in their order, and of an allreduce.
    private var seconds = [[Double]](repeating: [], count: MessageTrial.Form.allCases.count)
    private var allReduceSeconds: [Double] = []

    /// Measures the network. Collective.
    init(_ trial: MessageTrial, world: Communicator) throws(MPIError) {
        self.trial = trial
        self.world = world
        network = try NetworkSpeed(trial.firstPair, world: world)
    }

    /// Measures with the gradients that have been computed last. Collective.
    ///
    /// - Throws: ``TrainingError`` if the forms of the exchange do not end in the same bits.
    func measureStep() throws {
        try trial.prepare()
        for (index, form) in MessageTrial.Form.allCases.enumerated() {
            seconds[index].append(try time { () throws(MPIError) in try trial.exchange(form) })
        }
        allReduceSeconds.append(try time { () throws(MPIError) in try trial.allReduce(world) })
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
            nodes: nodes, steps: allReduceSeconds.count, network: network, rounds: trial.rounds,
            automaticRounds: trial.automaticRounds(network.cost), direct: try method(.direct, rounds: .direct),
            halving: try method(.halving, rounds: .halving), allRows: try method(.allRows, rounds: trial.rounds),
            allReduce: ExchangeComparison.Method(
                seconds: allReduceSeconds.median, bytes: leastBytes, rounds: 2 * (nodes - 1),
                messages: 2 * (nodes - 1)))
    }

    /// What was found of a form that goes in `rounds`. Collective.
    private func method(
        _ form: MessageTrial.Form, rounds: ExchangeRounds
    ) throws(MPIError) -> ExchangeComparison.Method {
        let index = MessageTrial.Form.allCases.firstIndex(of: form)!
        let messages = try world.allReduce(trial.sentMessages(form), .maximum)
        return ExchangeComparison.Method(
            seconds: seconds[index].median, bytes: try mostBytes(trial.sentWords(form)),
            rounds: rounds == .halving ? 2 * ExchangeRounds.halvings(ofNodes: trial.nodeCount) : 2,
            messages: messages / allReduceSeconds.count)
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
        return Double((most ?? 0) * MemoryLayout<Float>.stride) / Double(allReduceSeconds.count)
    }
}
