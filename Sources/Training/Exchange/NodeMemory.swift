import Differentiation
import KernelCore
import MPI

/// What the ranks of a node share: parameters, moments, the gradients of their shards, and a line of numbers for each.
///
/// One rank alone uses memory of its own and waits for nobody.
final class NodeMemory {
    let parameters: ParameterValues
    let moments: (first: ParameterValues, second: ParameterValues)
    let propagator: Propagator?
    /// What measures the waiting.
    var phases: PhaseClock?
    /// By first shard; nil for those of other nodes, and where a gradient is of several shards.
    private let gradients: [GradientView?]
    /// What this rank does with the gradients of its shards, and where it works on them.
    private let additions: ShardAdditions
    private let pending: [GradientView]
    private let pendingMemory: UnsafeMutableRawBufferPointer
    private let lines: UnsafeMutablePointer<Double>
    private let rankCount: Int
    private var window: SharedWindow<Float>?
    private let ownMemory: UnsafeMutableRawBufferPointer?

    private static let floatsPerLine = 16
    private static let doublesPerLine = 8

    /// Collective over the ranks of the node.
    ///
    /// - Parameter parts: the number of slices that a propagation is told of one by one.
    init(_ plan: ExchangePlan, _ map: NodeMap, parts: Int) throws(MPIError) {
        let valueCount = ParameterValues.count(for: plan.layout)
        let gradientCount = plan.gradientLayout.byteCount / MemoryLayout<Float>.stride
        let propagationCount = plan.propagation.map { Propagator.sharedCount($0, plan.layout, parts: parts) } ?? 0
        rankCount = map.ownRanks.count
        // The first rank's segment begins with the parameters, the moments, the memory of the propagation, the lines.
        let stateCount = 3 * valueCount + propagationCount
        let common = stateCount + rankCount * Self.floatsPerLine
        let subtrees = map.ownRanks.map { plan.additions(ofRank: $0).subtrees }
        let counts = subtrees.enumerated().map { place, subtrees in
            (place == 0 ? common : 0) + subtrees.count * gradientCount
        }
        let starts: [UnsafeMutablePointer<Float>]
        if let node = map.node {
            let window = try SharedWindow<Float>(count: max(counts[map.place], 1), on: node)
            starts = counts.indices.map { window.segment(of: $0).baseAddress! }
            self.window = consume window
            ownMemory = nil
        } else {
            let memory = UnsafeMutableRawBufferPointer.allocate(
                byteCount: max(counts[0] * MemoryLayout<Float>.stride, 64), alignment: 64)
            starts = [memory.baseAddress!.assumingMemoryBound(to: Float.self)]
            window = nil
            ownMemory = memory
        }
        let values = (0..<3).map { ParameterValues(plan.layout, in: starts[0] + $0 * valueCount) }
        parameters = values[0]
        moments = (values[1], values[2])
        lines = UnsafeMutableRawPointer(starts[0] + stateCount).assumingMemoryBound(to: Double.self)
        if map.place == 0 {
            for part in values { part.clear(plan.layout) }
            lines.update(repeating: 0, count: rankCount * Self.doublesPerLine)
        }
        var gradients = [GradientView?](repeating: nil, count: plan.shardCount)
        for (place, subtrees) in subtrees.enumerated() {
            for (index, subtree) in subtrees.enumerated() {
                let offset = (place == 0 ? common : 0) + index * gradientCount
                gradients[subtree.lower] = GradientView(
                    plan.gradientLayout, at: UnsafeMutableRawPointer(starts[place] + offset))
            }
        }
        self.gradients = gradients
        let additions = plan.additions(ofRank: map.ownRanks[map.place])
        self.additions = additions
        let bytes = plan.gradientLayout.byteCount
        let pendingMemory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(additions.pendingCount * bytes, 64), alignment: 64)
        self.pendingMemory = pendingMemory
        pending = (0..<additions.pendingCount).map {
            GradientView(plan.gradientLayout, at: pendingMemory.baseAddress! + $0 * bytes)
        }
        propagator = plan.propagation.map {
            Propagator(
                $0, plan.layout, parameters: values[0], rank: map.place, of: map.ownRanks.count, parts: parts,
                sharedMemory: starts[0] + 3 * valueCount)
        }
    }

    deinit {
        ownMemory?.deallocate()
        pendingMemory.deallocate()
    }

    /// The gradient that begins with a shard of this node: of this one alone, or of all of a subtree.
    func gradient(from shard: Int) -> GradientView { gradients[shard]! }

    /// Where the gradient of a shard of this rank is to be recorded.
    func gradient(ofShard shard: Int) -> GradientView { gradient(at: additions[shard].place) }

    /// Adds what can be added when the gradient of a shard of this rank is complete.
    func finish(shard: Int) {
        for (left, right) in additions[shard].additions { gradient(at: left).add(gradient(at: right)) }
    }

    /// See ``GradientExchange/ownGradients``.
    var ownGradients: [(shards: Range<Int>, gradient: GradientView)] {
        additions.subtrees.map { ($0.lower..<$0.upper, gradient(from: $0.lower)) }
    }

    private func gradient(at place: ShardAdditions.Place) -> GradientView {
        switch place {
        case .subtree(let number): gradient(from: additions.subtrees[number].lower)
        case .pending(let number): pending[number]
        }
    }

    /// Numbers that the rank of a place writes and all ranks of the node read behind the next ``synchronize()``.
    func line(_ place: Int) -> UnsafeMutablePointer<Double> { lines + place * Self.doublesPerLine }

    /// Waits for the ranks of the node; then everybody sees what they have written.
    func synchronize() throws(MPIError) {
        guard window != nil else { return }
        let before = phases?.begin(.waiting)
        try window?.synchronizeAll()
        if let before { phases?.begin(before) }
    }

    /// Gives shared memory back. Collective.
    func free() throws(MPIError) {
        if let window = window.take() { try window.free() }
    }
}
