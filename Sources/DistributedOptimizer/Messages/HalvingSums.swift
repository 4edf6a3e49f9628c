import Differentiation
import KernelCore

/// The sums of a node in an exchange by halving: it writes and reads the messages that ``HalvingSchedule`` asks for, and
/// sends none.
///
/// A message there has the sums over each slice that is given away, one behind the other. What is kept is not added before
/// it is sent on or complete: every sum is made once, of the gradients of the node and of all messages so far. So the
/// messages of all rounds stay where they are until the own slice is added up.
///
/// What comes back lies one behind the other in the order of its coming, each sum behind the header of a message, and the
/// node's own first. That is the message that the next node gets: nothing is copied.
package final class HalvingSums {
    /// A sum that is made of others.
    private struct PartSum {
        let inputs: [HalvingParts.Input]
        let sum: SliceSum

        init(_ inputs: [HalvingParts.Input], _ layout: ParameterLayout) {
            self.inputs = inputs
            sum = SliceSum(TreeSum(inputs: inputs.map(\.subtree)), layout)
        }
    }

    /// Rounds there, and as many back.
    package let roundCount: Int
    private let plan: RailPlan
    private let parts: HalvingParts
    private let sendings: [[PartSum]]
    private let total: PartSum
    /// Shows one finished slice.
    private let finished: SliceSum
    private let rows: RowScratch
    /// Which of them a finished slice uses.
    private let finishedRows: Int
    /// One, which all rounds use.
    private let outgoing: MessageBuffers
    private let incoming: MessageBuffers
    /// For each message that comes, where each part of each slice begins: `[nodes, parts]`.
    private var offsets: [[Int]]
    /// Whether a node that has been heard of has set its flag.
    private var flag = false
    /// Finished sums, as they have come.
    private let results: UnsafeMutableBufferPointer<Float>
    /// Words of it so far.
    private var resultEnd = 0
    /// Where the sum of each slice begins.
    private var resultOffsets: [Int]
    /// Slices in the order in which they come back.
    private let order: [Int]
    /// For each round, how many of `order` are there before what it brings back, and behind.
    private let gathered: [Range<Int>]

    /// Makes room for all messages of a step.
    package init(_ plan: RailPlan) {
        self.plan = plan
        let schedule = HalvingSchedule(nodes: plan.slices.count)
        let parts = HalvingParts(plan, schedule)
        self.parts = parts
        roundCount = parts.sendings.count
        sendings = parts.sendings.map { $0.parts.map { PartSum($0.inputs, plan.layout) } }
        total = PartSum(parts.total, plan.layout)
        finished = SliceSum(TreeSum(inputs: [TreeSum.Subtree(0, 1)]), plan.layout)
        let capacities = Self.capacities(plan, parts)
        // The own sum is read again where it is in no message.
        finishedRows = plan.omitted.isEmpty ? 0 : capacities.inputs
        rows = RowScratch(inputs: max(capacities.inputs, finishedRows + 1), width: plan.entryCapacity)
        outgoing = MessageBuffers([capacities.outgoing])
        incoming = MessageBuffers(capacities.incoming)
        offsets = parts.messages.map { Array(repeating: 0, count: plan.slices.count * $0.parts.count) }
        results = .allocate(capacity: capacities.results)
        resultOffsets = Array(repeating: 0, count: plan.slices.count)
        order = schedule.gathered(plan.node, behind: 0)
        gathered = parts.sendings.indices.map {
            schedule.gathered(plan.node, behind: $0 + 1).count..<schedule.gathered(plan.node, behind: $0).count
        }
    }

    deinit { results.deallocate() }

    /// Words of the largest message that is sent there, of each that comes, and of all finished sums, at most; and the most
    /// sums that one is made of.
    private static func capacities(
        _ plan: RailPlan, _ parts: HalvingParts
    ) -> (outgoing: Int, incoming: [Int], results: Int, inputs: Int) {
        func words(_ slices: [Int], _ subtrees: [TreeSum.Subtree]) -> Int {
            slices.reduce(0) { $0 + plan.capacity(ofSlice: $1, subtrees) }
        }
        let sent = parts.sendings.map { words($0.slices, $0.parts.map(\.subtree)) }
        let inputs = parts.sendings.flatMap { $0.parts.map(\.inputs.count) } + [parts.total.count]
        return (
            sent.max() ?? 0, parts.messages.map { words($0.slices, $0.parts) },
            plan.slices.indices.reduce(0) { $0 + MessageRound.headerCount + plan.resultCapacity(ofSlice: $1) },
            inputs.max() ?? 0
        )
    }

    /// Bytes that the sums of `plan` take.
    static func byteCount(_ plan: RailPlan) -> Int {
        let parts = HalvingParts(plan, HalvingSchedule(nodes: plan.slices.count))
        let capacities = capacities(plan, parts)
        let words =
            MessageBuffers.wordCount([capacities.outgoing]) + MessageBuffers.wordCount(capacities.incoming)
            + capacities.results
        return words * MemoryLayout<Float>.stride
            + capacities.inputs * plan.entryCapacity * MemoryLayout<RowEntry>.stride
    }

    /// Words of all messages that are received and sent in one round, at most.
    var wordCount: Int { outgoing.wordCount + incoming.wordCount + 3 * results.count }

    /// The node that this one sends to in round `round`.
    package func destination(_ round: Int) -> Int { parts.sendings[round].destination }

    /// The node that message `message` comes from.
    package func source(_ message: Int) -> Int { parts.messages[message].source }

    /// The messages that come in round `round`.
    package func messages(_ round: Int) -> Range<Int> { parts.messagesOfRounds[round] }

    /// Begins a step.
    ///
    /// - Parameter flag: whether this node has set its flag.
    package func begin(flag: Bool) {
        self.flag = flag
        resultEnd = 0
    }

    /// Writes the message of round `round`, behind the messages of the rounds before it.
    ///
    /// - Parameter gradient: of this node, by its first shard.
    package func writeMessage(
        _ round: Int, _ gradient: (_ firstShard: Int) -> GradientView
    ) -> UnsafeMutableBufferPointer<Float> {
        let buffer = outgoing[0]
        var end = MessageRound.headerCount
        for slice in parts.sendings[round].slices {
            for part in sendings[round] {
                read(part, slice, gradient)
                end += SliceMessage.write(
                    part.sum, slice: plan.slices[slice], plan.layout, plan.kind, flag: flag,
                    to: buffer.baseAddress! + end)
            }
        }
        return UnsafeMutableBufferPointer(rebasing: buffer[..<end])
    }

    /// Room for message `message`.
    package func buffer(_ message: Int) -> UnsafeMutableBufferPointer<Float> { incoming[message] }

    /// Looks at the messages of round `round`, which are complete.
    package func readMessages(_ round: Int) {
        for message in parts.messagesOfRounds[round] {
            let start = incoming[message].baseAddress!
            let partCount = parts.messages[message].parts.count
            var offset = MessageRound.headerCount
            for slice in parts.messages[message].slices {
                for part in 0..<partCount {
                    offsets[message][slice * partCount + part] = offset
                    flag = SliceMessage.flag(of: start + offset) || flag
                    offset += SliceMessage.wordCount(of: start + offset, slice: plan.slices[slice], plan.layout)
                }
            }
        }
    }

    /// Makes ``ownSum`` see what it is made of, behind all rounds there.
    ///
    /// - Parameter gradient: of this node, by its first shard.
    package func readOwn(_ gradient: (_ firstShard: Int) -> GradientView) -> StepSummary {
        read(total, plan.node, gradient)
        let loss = total.sum.loss
        return StepSummary(sampleCount: total.sum.sampleCount, loss: loss, flag: flag, isFinite: loss.isFinite)
    }

    /// The sum over this node's own slice, made anew each time that it is read.
    package var ownSum: SliceSum { total.sum }

    /// Writes the first of the finished sums, that over this node's own slice.
    ///
    /// - Parameter moved: what of it is moved already, and travels as new values.
    package func writeOwn(_ moved: MovedSlice? = nil) {
        let start = results.baseAddress! + MessageRound.headerCount
        resultOffsets[plan.node] = MessageRound.headerCount
        resultEnd =
            MessageRound.headerCount
            + SliceMessage.write(
                total.sum, slice: plan.slices[plan.node], plan.layout, plan.kind, omitting: plan.omitted, moved: moved,
                flag: flag, to: start)
    }

    /// Makes the sum of a part over a slice see what it is made of.
    private func read(_ part: PartSum, _ slice: Int, _ gradient: (_ firstShard: Int) -> GradientView) {
        for (index, input) in part.inputs.enumerated() {
            switch input.origin {
            case .gradient: part.sum.views[index].read(gradient(input.subtree.lower), slice: plan.slices[slice])
            case .message(let message, let number):
                let offset = offsets[message][slice * parts.messages[message].parts.count + number]
                _ = SliceMessage.read(
                    incoming[message].baseAddress! + offset, slice: plan.slices[slice], plan.layout,
                    entries: rows[index], into: &part.sum.views[index])
            }
        }
    }

    /// All finished sums so far: what the sources of a round get on the way back.
    package var finishedMessage: UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(rebasing: results[..<resultEnd])
    }

    /// Room for the finished sums that come next.
    package var finishedBuffer: UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(rebasing: results[resultEnd...])
    }

    /// Looks at the finished sums that the way back through round `round` has brought.
    ///
    /// - Returns: their slices.
    package func readFinished(_ round: Int) -> ArraySlice<Int> {
        let new = order[gathered[round]]
        for slice in new {
            resultOffsets[slice] = resultEnd + MessageRound.headerCount
            resultEnd =
                resultOffsets[slice]
                + SliceMessage.wordCount(
                    of: results.baseAddress! + resultOffsets[slice], slice: plan.slices[slice], plan.layout)
        }
        return new
    }

    /// The sum of the slice of a node, once it has come; as good until the next one is asked for.
    package func result(_ node: Int) -> SliceSum {
        // What stays here is in no message.
        if node == plan.node, !plan.omitted.isEmpty { return total.sum }
        _ = SliceMessage.read(
            results.baseAddress! + resultOffsets[node], slice: plan.slices[node], plan.layout,
            entries: rows[finishedRows], into: &finished.views[0])
        return finished
    }

    /// Whether a node has moved its slice by a gradient that is not finite, once its result has come.
    package func hasBrokenGradient(_ node: Int) -> Bool {
        SliceMessage.hasBrokenGradient(results.baseAddress! + resultOffsets[node])
    }
}
