import Differentiation
import MPI

/// A way of the gradients between the ranks of a rail: see ``RailMessages``.
protocol RailExchange: AnyObject {
    /// Words that were sent to each node so far.
    var sentWords: [Int] { get }
    /// Messages that were sent so far.
    var sentMessages: Int { get }
    var phases: PhaseClock? { get set }

    /// Brings the gradients in `memory` to where they are added up. Collective over the rail.
    ///
    /// - Returns: of the step; without what Adam finds of the gradients.
    func gather(_ memory: NodeMemory) throws(MPIError) -> StepSummary

    /// The sum over the slice of this node, made anew each time that it is read. Behind ``gather(_:)``.
    var ownSum: SliceSum { get }

    /// Starts to exchange the sums. Collective over the rail, behind ``gather(_:)``.
    ///
    /// - Parameter moved: what of this node's slice is moved already, and travels as new values.
    func spread(_ moved: MovedSlice?) throws(MPIError)

    /// Calls `body` with the sum of each slice of the rail as soon as it is there, this node's own first. Collective over
    /// the rail, behind ``spread(_:)``.
    func finish(_ body: (_ node: Int, _ sum: SliceSum) -> Void) throws(MPIError)

    /// The sum of the slice of a node, behind ``finish(_:)``; as good until the next one is asked for.
    func result(_ node: Int) -> SliceSum

    /// Whether a node has moved its slice by a gradient that is not finite, once its result has come.
    func hasBrokenGradient(_ node: Int) -> Bool
}
