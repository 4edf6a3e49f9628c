import Differentiation
import MPI

/// About 2 log2 N messages a step and node, for N nodes: recursive halving adds up the slice of each node, and doubling
/// gives every node the sums (``HalvingSchedule``, ``HalvingSums``).
final class HalvingExchange: RailExchange {
    private(set) var sentWords: [Int]
    private(set) var sentMessages = 0
    var phases: PhaseClock?
    private let own: Int
    private let sums: HalvingSums
    private var round: MessageRound

    init(_ plan: RailPlan, _ rail: Communicator) {
        own = plan.node
        sentWords = Array(repeating: 0, count: plan.slices.count)
        sums = HalvingSums(plan)
        round = MessageRound(rail, capacity: sums.wordCount)
    }

    func gather(_ memory: NodeMemory) throws(MPIError) -> StepSummary {
        sums.begin(flag: memory.flag)
        for number in 0..<sums.roundCount {
            for message in sums.messages(number) {
                try round.startReceive(into: sums.buffer(message), from: sums.source(message))
            }
            try send(
                sums.writeMessage(number) { memory.gradient(startingAt: $0) }, to: sums.destination(number))
            phases?.begin(.waiting)
            try round.finish()
            phases?.begin(.exchange)
            sums.readMessages(number)
        }
        return sums.readOwn { memory.gradient(startingAt: $0) }
    }

    var ownSum: SliceSum { sums.ownSum }

    func spread(_ moved: MovedSlice?) throws(MPIError) {
        phases?.begin(.exchange)
        sums.writeOwn(moved)
        try startGathering(sums.roundCount - 1)
    }

    func finish(_ body: (_ node: Int, _ sum: SliceSum) -> Void) throws(MPIError) {
        body(own, result(own))
        for number in (0..<sums.roundCount).reversed() {
            phases?.begin(.waiting)
            try round.finish()
            phases?.begin(.exchange)
            let new = sums.readFinished(number)
            // Others wait for it, so it goes on its way before anything is done with it.
            try startGathering(number - 1)
            for node in new { body(node, result(node)) }
        }
        phases?.begin(.exchange)
    }

    func result(_ node: Int) -> SliceSum { sums.result(node) }

    func hasBrokenGradient(_ node: Int) -> Bool { sums.hasBrokenGradient(node) }

    /// Starts the way back through round `number`: finished sums go to those who sent there, and come from the one that was
    /// sent to. Nothing where there is no such round.
    private func startGathering(_ number: Int) throws(MPIError) {
        guard number >= 0 else { return }
        try round.startReceive(into: sums.finishedBuffer, from: sums.destination(number))
        for message in sums.messages(number) { try send(sums.finishedMessage, to: sums.source(message)) }
    }

    private func send(_ message: UnsafeMutableBufferPointer<Float>, to node: Int) throws(MPIError) {
        try round.startSend(message, to: node)
        sentWords[node] += message.count
        sentMessages += 1
    }
}
