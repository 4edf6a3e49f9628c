import Differentiation
import DistributedOptimizer
import FileIO
import Foundation
import KernelCore
import ModelFiles

/// A copy of a training at one step, complete: what a checkpoint is written from while the training continues.
///
/// The numbers lie in memory as they will in the file, so that they get there without another copy.
package final class CheckpointSnapshot: @unchecked Sendable {
    private let layout: ParameterLayout
    private let groups: [CheckpointFormat.Group]
    private let description: CheckpointDescription
    /// How far the training had come when it was copied last; before any step until then.
    package private(set) var state = TrainingState()
    /// Tensor behind tensor, group behind group; nil before the first copy.
    private var memory: UnsafeMutableRawBufferPointer?
    /// Floats of one group.
    private let valueCount: Int
    /// The kept parameters. They are never changed: a better epoch brings an object of its own. So they are copied when a
    /// checkpoint is written, and only if they are others than in the last one.
    private var best: ParameterStorage?
    private var copiedBest: ParameterStorage?
    private var bestChecksums: [UInt32] = []
    /// The steps that rows of the copy wait for.
    private var pending: PendingSteps?

    /// Room for the numbers of a training, of which nothing is copied yet.
    ///
    /// - Parameters:
    ///   - layout: of the parameters and their moments.
    ///   - hasAverage: whether there is a moving average of the parameters.
    package init(_ layout: ParameterLayout, _ description: CheckpointDescription, hasAverage: Bool = false) {
        self.layout = layout
        self.description = description
        groups = CheckpointFormat.Group.all(withAverage: hasAverage)
        valueCount = layout.parameterCount
    }

    deinit { memory.map { LargeMemory.deallocate($0) } }

    private func allocated() -> UnsafeMutableRawBufferPointer {
        if let memory { return memory }
        let memory = LargeMemory.allocate(
            byteCount: max(groups.count * valueCount * MemoryLayout<Float>.stride, 1),
            alignment: OpenFile.directAlignment)
        self.memory = memory
        return memory
    }

    /// Copies a training.
    ///
    /// - Parameter pending: the steps that rows wait for; they are taken in the copy before it is written.
    package func take(
        _ state: TrainingState, parameters: ParameterValues, moments: (first: ParameterValues, second: ParameterValues),
        average: ParameterValues? = nil, pending: PendingSteps? = nil, best: ParameterStorage?
    ) {
        self.pending = pending
        self.state = state
        self.best = best
        copy(parameters, to: .parameters)
        copy(moments.first, to: .first)
        copy(moments.second, to: .second)
        if let average { copy(average, to: .average) }
    }

    private func copy(_ values: ParameterValues, to group: CheckpointFormat.Group) {
        for (specification, room) in zip(layout.specifications, tensors(of: group)) {
            room.baseAddress?.update(from: values(specification.parameter), count: room.count)
        }
    }

    /// The memory of a group, tensor by tensor.
    private func tensors(of group: CheckpointFormat.Group) -> [UnsafeMutableBufferPointer<Float>] {
        let index = groups.firstIndex(of: group) ?? 0
        var next = allocated().baseAddress!.assumingMemoryBound(to: Float.self) + index * valueCount
        return layout.specifications.map { specification in
            defer { next += specification.parameter.count }
            return UnsafeMutableBufferPointer(start: next, count: specification.parameter.count)
        }
    }

    private func takePendingSteps() throws(TrainingError) {
        guard let pending else { return }
        let (parameters, first, second) = (tensors(of: .parameters), tensors(of: .first), tensors(of: .second))
        let isFinite = pending.finish { table in
            let room = [parameters, first, second].map { $0[table.index].baseAddress! }
            return (room[0], room[1], room[2])
        }
        self.pending = nil
        guard !isFinite else { return }
        throw TrainingError(
            .failure, "parameters are no finite numbers any more in step \(state.step)",
            recoverySuggestion: "resume from the last checkpoint with a smaller --lr, or with --clip-norm")
    }

    private func checksums(of group: CheckpointFormat.Group) -> [UInt32] {
        tensors(of: group).map { tensor in
            var checksum = Checksum()
            checksum.update(UnsafeBufferPointer(tensor))
            return checksum.value
        }
    }

    /// Writes the checkpoint, which appears complete or not at all.
    ///
    /// - Parameter isAllowed: asked right before the file gets its name; throws if this process may not write any more.
    package func write(to path: String, isAllowed: () throws -> Void) throws {
        try takePendingSteps()
        if let best, best !== copiedBest {
            copy(best.values, to: .best)
            bestChecksums = checksums(of: .best)
            copiedBest = best
        }
        let groups = groups.filter { $0 != .best || best != nil }
        let byteCount = groups.count * valueCount * MemoryLayout<Float>.stride
        let file = try AtomicFile(replacing: path)
        try file.write(try header(groups))
        try file.writeDirectly(UnsafeRawBufferPointer(rebasing: allocated()[..<byteCount]))
        try isAllowed()
        try file.commit()
    }

    private func header(_ groups: [CheckpointFormat.Group]) throws -> [UInt8] {
        try description.header(
            groups.map { ($0, $0 == .best ? bestChecksums : checksums(of: $0)) }, layout, state: state)
    }
}
