import Differentiation
import DistributedOptimizer
import FileIO
import KernelCore
import MPI
import ModelFiles

/// The files of a training whose ranks divide the rows of tables or the moments among themselves: every rank writes and
/// reads its own part of them, and what comes of it is the file that one rank alone would have written.
struct DividedParameters {
    let layout: ParameterLayout
    /// Of the parameters and their average.
    let parameters: ParameterDivision
    /// Of the moments.
    let moments: ParameterDivision
    let world: Communicator

    /// How the values of a group are divided.
    private func division(_ group: CheckpointFormat.Group) -> ParameterDivision {
        switch group {
        case .first, .second: moments
        case .parameters, .average, .best: parameters
        }
    }

    /// What this rank writes of a parameter: what it keeps of a divided one, and at rank 0 all of what is not divided.
    private func written(_ parameter: Parameter, _ division: ParameterDivision) -> Range<Int> {
        if division.isDivided(parameter) { return division.kept.values(of: parameter) }
        return world.rank == 0 ? 0..<parameter.count : 0..<0
    }

    private func bytes(_ values: ParameterValues, _ parameter: Parameter, _ range: Range<Int>) -> UnsafeRawBufferPointer
    {
        UnsafeRawBufferPointer(
            UnsafeBufferPointer(start: values(parameter) + range.lowerBound, count: range.count))
    }

    // MARK: Checkpoints

    /// Writes a checkpoint. Collective.
    ///
    /// - Parameters:
    ///   - path, description, state: of rank 0 alone.
    ///   - groups: in the order of the file.
    ///   - isAllowed: asked of rank 0 right before the file gets its name; throws if it may not write any more.
    func writeCheckpoint(
        to path: String, _ description: CheckpointDescription?, _ state: TrainingState,
        _ groups: [(group: CheckpointFormat.Group, values: ParameterValues)], isAllowed: () throws -> Void
    ) throws {
        var checksums: [(group: CheckpointFormat.Group, checksums: [UInt32])] = []
        for (group, values) in groups {
            let division = division(group)
            let own = layout.specifications.map { specification in
                var checksum = Checksum()
                checksum.update(bytes(values, specification.parameter, written(specification.parameter, division)))
                return checksum.value
            }
            checksums.append((group, try combined(own, division)))
        }
        let file = try SharedFile(replacing: path, world: world)
        let start = try world.collectively { () throws -> Int in
            guard let description else { return 0 }
            let header = try description.header(checksums, layout, state: state)
            try file.write(header, at: 0)
            return header.count
        }
        var offset = try world.broadcast(start, from: 0)
        try world.collectively {
            for (group, values) in groups {
                let division = division(group)
                for specification in layout.specifications {
                    let parameter = specification.parameter
                    let range = written(parameter, division)
                    try file.write(
                        bytes(values, parameter, range), at: offset + range.lowerBound * MemoryLayout<Float>.stride)
                    offset += parameter.count * MemoryLayout<Float>.stride
                }
            }
        }
        try file.commit(isAllowed: isAllowed)
    }

    /// Reads what this rank keeps of a group. Collective, and the same outcome on all ranks.
    ///
    /// - Throws: ``DamagedCheckpoint`` on every rank.
    func read(
        _ group: CheckpointFormat.Group, of file: CheckpointFile, into values: ParameterValues
    ) throws {
        var damage: DamagedCheckpoint?
        var own = [UInt32](repeating: 0, count: layout.specifications.count)
        let division = division(group)
        do throws(DamagedCheckpoint) { own = try file.read(group, division.kept, into: values, layout) } catch {
            damage = error
        }
        try agree(on: damage, file.path)
        let found = try combined(own, division)
        damage = nil
        do throws(DamagedCheckpoint) { try file.verify(group, found, layout) } catch { damage = error }
        try agree(on: damage, file.path)
    }

    /// Throws on all ranks what is damaged on one. Collective.
    func agree(on damage: DamagedCheckpoint?, _ path: String) throws {
        let reasons = try world.allGather(damage?.reason ?? "")
        guard let reason = reasons.first(where: { !$0.isEmpty }) else { return }
        throw DamagedCheckpoint(path: path, reason: reason)
    }

    /// The checksums of whole parameters, of those of the parts that the ranks keep: of what is not divided, that of rank 0.
    /// Collective.
    private func combined(_ own: [UInt32], _ division: ParameterDivision) throws(MPIError) -> [UInt32] {
        let all = try world.allGather(own.map(UInt64.init)).map(Array.init)
        let parts = layout.specifications.map { division.kept.values(of: $0.parameter) }
        let starts = try world.allGather(parts.map(\.lowerBound)).map(Array.init)
        let counts = try world.allGather(parts.map(\.count)).map(Array.init)
        return layout.specifications.indices.map { index in
            guard division.isDivided(layout.specifications[index].parameter) else { return UInt32(all[0][index]) }
            // The ranks of a node need not follow each other, and the slices of nodes do.
            let ranks = (0..<world.size).filter { counts[$0][index] > 0 }.sorted {
                starts[$0][index] < starts[$1][index]
            }
            return ranks.reduce(Checksum().value) { checksum, rank in
                let count = counts[rank][index] * MemoryLayout<Float>.stride
                return Checksum.combined(checksum, UInt32(all[rank][index]), count: count)
            }
        }
    }

    // MARK: Models

    /// Writes a file of parameters. Collective.
    ///
    /// - Parameters:
    ///   - path, frame: of rank 0 alone.
    ///   - isAllowed: asked of rank 0 right before the file gets its name; throws if it may not write any more.
    func writeModel(
        _ values: ParameterValues, to path: String, _ frame: ModelFile.Frame?, isAllowed: () throws -> Void
    ) throws {
        let file = try SharedFile(replacing: path, world: world)
        let offsets = try world.broadcast(frame?.offsets ?? [], from: 0)
        try world.collectively {
            if let frame {
                try file.write(frame.head, at: 0)
                if !frame.tail.isEmpty { try file.write(frame.tail, at: frame.tailOffset) }
            }
            for (specification, offset) in zip(layout.specifications, offsets) {
                let range = written(specification.parameter, parameters)
                try file.write(
                    bytes(values, specification.parameter, range),
                    at: offset + range.lowerBound * MemoryLayout<Float>.stride)
            }
        }
        try file.commit(isAllowed: isAllowed)
    }
}
