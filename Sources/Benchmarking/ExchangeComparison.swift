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

        /// What the network takes at least: a latency for each round, and its time for the bytes.
        public func predictedSeconds(_ network: NetworkSpeed) -> Double {
            Double(rounds) * network.latency + bytes * network.secondsPerByte
        }
    }

    /// Nodes between which gradients were exchanged.
    public let nodes: Int
    /// Steps whose gradients were exchanged, each way once.
    public let steps: Int
    /// What messages between the first ranks of two nodes take.
    public let network: NetworkSpeed
    /// The exchange of a training: tables travel as the rows that the mini-batches touch.
    public let touchedRows: Method
    /// The same exchange with all rows of all tables.
    public let allRows: Method
    /// `MPI_Allreduce` of the same gradients, dense.
    public let allReduce: Method
}
