/// A mini-batch of long windows in pieces that are computed one after another, so that what the operations of a piece hand
/// to each other stays in the second cache.
extension PackedBatch {
    /// So many rows of histories a piece has at least, but for the last one.
    package static let rowsOfPiece = 128

    /// The end of the piece that begins with sample `first`.
    package func endOfPiece(from first: Int) -> Int {
        let enough = histories.start(first) + Self.rowsOfPiece
        var end = first + 1
        while end < count && histories.start(end) < enough { end += 1 }
        return end
    }

    /// Fills this batch with some of the samples of another one, which has targets of its own.
    package func fill(_ samples: Range<Int>, of batch: PackedBatch) {
        guard let rows = batch.targetRows else { preconditionFailure("samples have one target each") }
        reset(candidatesPerTarget: batch.candidatesPerTarget, ownTargets: true)
        for sample in samples {
            let range = batch.histories.range(sample)
            appendHistory(
                user: batch.users[sample], name: batch.sampleNames[sample],
                smallestTimeGap: batch.smallestTimeGaps[sample], items: batch.history(sample),
                times: UnsafeBufferPointer(start: batch.historyTimes + range.lowerBound, count: range.count))
        }
        let (start, end) = (batch.histories.start(samples.lowerBound), batch.histories.start(samples.upperBound))
        for target in batch.firstTarget(notBefore: start)..<batch.firstTarget(notBefore: end) {
            appendTarget(behind: Int(rows[target]) - start, name: batch.targetNames[target])
                .update(from: batch.candidates + target * candidatesPerTarget, count: candidatesPerTarget)
        }
    }

    /// The first target that is not before a row of the histories.
    private func firstTarget(notBefore row: Int) -> Int {
        guard let rows = targetRows else { return row }
        var (lower, upper) = (0, targetCount)
        while lower < upper {
            let middle = (lower + upper) / 2
            if Int(rows[middle]) < row { lower = middle + 1 } else { upper = middle }
        }
        return lower
    }
}
