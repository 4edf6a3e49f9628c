import Differentiation
import MPI

/// What the rank of a rail sends to and receives from those of the other nodes in a step. What is done with a sum can be
/// done while others are under way.
///
/// There are two ways (``ExchangeRounds``): ``DirectExchange`` and ``HalvingExchange``. The sums have the same bits.
final class RailMessages {
    /// The slices of the rail: of each node one.
    let slices: [ParameterSlice]
    /// The summary of the last ``beginExchange(_:)``. That a gradient is not finite is not in it: Adam finds that.
    private(set) var summary = StepSummary(sampleCount: 0, loss: 0, flag: false, isFinite: true)
    var phases: PhaseClock? { didSet { exchange.phases = phases } }
    private let exchange: any RailExchange

    /// - Parameters:
    ///   - kind: changes the length of the messages, and no sum.
    ///   - rounds: nil: those of the plan.
    init(
        _ plan: OptimizerPlan, _ map: NodeMap, rail: Communicator, slices: [ParameterSlice],
        rows kind: SliceMessage.Rows = .touched, _ rounds: ExchangeRounds? = nil
    ) {
        self.slices = slices
        let railPlan = RailPlan(plan, map, slices: slices, kind)
        exchange =
            switch rounds ?? plan.chosenRounds(on: map) {
            case .halving: HalvingExchange(railPlan, rail)
            case .direct, .automatic: DirectExchange(railPlan, rail)
            }
    }

    /// Bytes that the messages of a rank take.
    ///
    /// - Parameter slices: those of its rail.
    static func byteCount(_ plan: OptimizerPlan, _ map: NodeMap, slices: [ParameterSlice]) -> Int {
        let railPlan = RailPlan(plan, map, slices: slices, .touched)
        return switch plan.chosenRounds(on: map) {
        case .halving: HalvingSums.byteCount(railPlan)
        case .direct, .automatic: DirectExchange.byteCount(railPlan)
        }
    }

    /// Words that were sent to each node so far.
    var sentWords: [Int] { exchange.sentWords }

    /// Messages that were sent so far.
    var sentMessages: Int { exchange.sentMessages }

    /// Exchanges the gradients in `memory`. Collective over the rail.
    func exchange(_ memory: NodeMemory) throws(MPIError) {
        try beginExchange(memory)
        try finishExchange { _, _ in }
    }

    /// Exchanges the subtrees in `memory` and starts to exchange the sums: from now on the ``summary`` is known.
    /// Collective over the rail.
    func beginExchange(_ memory: NodeMemory) throws(MPIError) {
        try gather(memory)
        try spread(nil)
    }

    /// Exchanges the subtrees in `memory`: from now on the ``summary`` is known, and the ``ownSum``. Collective over the
    /// rail.
    func gather(_ memory: NodeMemory) throws(MPIError) { summary = try exchange.gather(memory) }

    /// The sum over the slice of this node, made anew each time that it is read.
    var ownSum: SliceSum { exchange.ownSum }

    /// Starts to exchange the sums, and the new values of what this node has moved. Collective over the rail, behind
    /// ``gather(_:)``.
    func spread(_ moved: MovedSlice?) throws(MPIError) { try exchange.spread(moved) }

    /// Whether a node has moved its slice by a gradient that is not finite, once its result has come.
    func hasBrokenGradient(_ node: Int) -> Bool { exchange.hasBrokenGradient(node) }

    /// Calls `body` with the sum of each slice of the rail as soon as it is there: this node's own first, so that the
    /// others travel meanwhile. Collective over the rail, behind ``beginExchange(_:)`` or ``spread(_:)``.
    func finishExchange(_ body: (_ node: Int, _ sum: SliceSum) -> Void) throws(MPIError) {
        try exchange.finish(body)
    }

    /// Calls `body` once more with the sum of each slice of the rail.
    func forEachSlice(_ body: (_ node: Int, _ sum: SliceSum) -> Void) {
        for node in slices.indices { body(node, exchange.result(node)) }
    }
}
