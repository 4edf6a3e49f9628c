import Differentiation
import Interactions
import KernelCore

extension Tape {
    /// What a causal pass gives for the targets of a batch: of rows for all items of the histories those that a target
    /// stands behind.
    ///
    /// - Parameters:
    ///   - x: `[batch.histories.total * size, columns]`.
    ///   - size: rows that belong to one item.
    /// - Returns: `[batch.targetCount * size, columns]`.
    func atTargets(
        _ x: Variable, inGroupsOf size: Int = 1, of batch: PackedBatch, file: StaticString = #fileID,
        line: UInt = #line
    ) -> Variable {
        // Rows rise: where there are as many as items, they are all of them.
        guard let rows = batch.targetRows, batch.targetCount < batch.histories.total else { return x }
        return take(rows, of: x, count: batch.targetCount, inGroupsOf: size, file: file, line: line)
    }

    /// The same, or the newest row of each history where that is its target.
    func atTargetsOrNewest(
        _ x: Variable, of batch: PackedBatch, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        batch.targetRows == nil
            ? newest(x, over: batch.histories, file: file, line: line)
            : atTargets(x, of: batch, file: file, line: line)
    }

    /// Queries behind the targets of a batch, which see the items that a target stands behind.
    ///
    /// - Parameter size: queries of a target.
    func queries(behindTargetsOf batch: PackedBatch, inGroupsOf size: Int) -> CausalQueries {
        let histories = batch.histories
        let offsets = arena.allocate(Int32.self, count: histories.count + 1)
        let seen = arena.allocate(Int32.self, count: batch.targetCount)
        var target = 0
        for history in 0..<histories.count {
            offsets[history] = Int32(target)
            let rows = histories.range(history)
            guard let targetRows = batch.targetRows else {
                seen[target] = Int32(rows.count)
                target += 1
                continue
            }
            // Rows rise, so that those of a history follow one another.
            while target < batch.targetCount, rows.contains(Int(targetRows[target])) {
                seen[target] = targetRows[target] - Int32(rows.lowerBound) + 1
                target += 1
            }
        }
        offsets[histories.count] = Int32(target)
        note("queries behind targets", Work(0, floats: 2 * batch.targetCount))
        return CausalQueries(
            groups: JaggedOffsets(offsets: UnsafePointer(offsets), count: histories.count), seen: UnsafePointer(seen),
            perGroup: size)
    }
}

extension Embedding {
    /// The vector of the positive of each target, `[batch.targetCount, size]`.
    func positives(
        of batch: PackedBatch, on tape: Tape, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        let ids = tape.arena.allocate(Int32.self, count: batch.targetCount)
        for target in 0..<batch.targetCount { ids[target] = batch.positives[target] }
        return self(UnsafePointer(ids), count: batch.targetCount, on: tape, file: file, line: line)
    }
}
