import DistributedOptimizer

/// How long gradients take between the nodes, beside other ways to send them and what the network allows.
public struct ExchangeComparison: Sendable {
    /// One way to add up the gradients of a step at every rank.
    public struct Method: Sendable {
        /// Seconds of a step by the slowest rank, the median over the steps.
        public let seconds: Double
        /// Bytes of a step that a node sends or receives, the node and direction with the most; for `MPI_Allreduce`,
        /// which tells nothing, the fewest that are possible.
        public let bytes: Double
        /// One behind the other, each of which takes a latency at least.
        public let rounds: Int
        /// Messages of a step that a rank sends, the one with the most.
        public let messages: Int

        /// What the network takes at least: a latency for each round, a gap for each further message, and its time for
        /// the bytes.
        public func predictedSeconds(_ network: NetworkSpeed) -> Double {
            ExchangeCost(rounds: rounds, messages: messages, bytes: bytes).seconds(network.cost)
        }
    }

    /// Nodes between which gradients were exchanged.
    public let nodes: Int
    /// Steps whose gradients were exchanged, each way once.
    public let steps: Int
    /// What messages between the first ranks of two nodes take.
    public let network: NetworkSpeed
    /// How messages go in a training with the options of the benchmark: direct or halving.
    public let rounds: ExchangeRounds
    /// How they go where nobody chooses and the network is as it was measured.
    public let automaticRounds: ExchangeRounds
    /// Tables travel as the rows that the mini-batches touch, from each node to each other one.
    public let direct: Method
    /// The same by halving.
    public let halving: Method
    /// The exchange of the training with all rows of all tables.
    public let allRows: Method
    /// `MPI_Allreduce` of the same gradients, dense.
    public let allReduce: Method

    /// The exchange of the training: touched rows in its ``rounds``.
    public var touchedRows: Method { rounds == .halving ? halving : direct }
}
