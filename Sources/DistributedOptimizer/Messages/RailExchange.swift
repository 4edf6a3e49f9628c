import Differentiation
import MPI

/// A way of the gradients between the ranks of a rail: see ``RailMessages``.
protocol RailExchange: AnyObject {
    /// Words that were sent to each node so far.
    var sentWords: [Int] { get }
    /// Messages that were sent so far.
    var sentMessages: Int { get }
    var phases: PhaseClock? { get set }

    /// Adds up the gradients in `memory` over the slice of this node, and starts to exchange the sums. Collective over the
    /// rail.
    ///
    /// - Returns: of the step; without what Adam finds of the gradients.
    func begin(_ memory: NodeMemory) throws(MPIError) -> StepSummary

    /// Calls `body` with the sum of each slice of the rail as soon as it is there, this node's own first. Collective over
    /// the rail, behind ``begin(_:)``.
    func finish(_ body: (_ node: Int, _ sum: SliceSum) -> Void) throws(MPIError)

    /// The sum of the slice of a node, behind ``finish(_:)``; as good until the next one is asked for.
    func result(_ node: Int) -> SliceSum
}
