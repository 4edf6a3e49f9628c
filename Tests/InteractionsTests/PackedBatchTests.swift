import Interactions
import Testing

@Suite struct PackedBatchTests {
    @Test func `a new batch is empty`() {
        let batch = PackedBatch()
        #expect(batch.count == 0)
        #expect(batch.histories.count == 0)
        #expect(batch.histories.total == 0)
    }

    @Test func `a batch is filled from arrays, again and again`() {
        let batch = PackedBatch()
        batch.fill(
            users: [7, 3, 9], histories: [[1, 2, 3], [], [4]], candidates: [[5, 6], [7, 8], [9, 1]],
            times: [[10, 20, 30], [], [5]], sampleNames: [100, 200, 300], smallestTimeGaps: [10, .max, .max])
        #expect(batch.count == 3)
        #expect(batch.candidatesPerTarget == 2)
        #expect(batch.userArray == [7, 3, 9])
        #expect(batch.sampleArray == [100, 200, 300])
        #expect(batch.historyArrays == [[1, 2, 3], [], [4]])
        #expect(batch.timeArrays == [[10, 20, 30], [], [5]])
        #expect(batch.candidateArrays == [[5, 6], [7, 8], [9, 1]])
        #expect((0...3).map { batch.histories.offsets[$0] } == [0, 3, 3, 4])
        #expect(batch.histories.total == 4)
        #expect((0..<3).map { batch.smallestTimeGaps[$0] } == [10, .max, .max])

        let long = (0..<1000).map { [Int32](repeating: Int32($0 + 1), count: $0 % 5) }
        batch.fill(users: (1...1000).map { $0 }, histories: long, candidates: (1...1000).map { [$0] })
        #expect(batch.count == 1000)
        #expect(batch.historyArrays == long)
        #expect(batch.sampleArray == (0..<1000).map { $0 })
        #expect(batch.timeArrays[4] == [0, 1, 2, 3])
    }

    @Test func `a batch with several targets has a row and candidates for each`() {
        let batch = PackedBatch()
        batch.fill(
            users: [7, 3], histories: [[1, 2, 3], [4, 5]], candidates: [[[], [8, 1], [9, 2]], [[6, 3], []]],
            targetNames: [[0, 11, 12], [20, 0]])
        #expect(batch.count == 2 && batch.targetCount == 3 && batch.candidatesPerTarget == 2)
        #expect((0..<3).map { batch.targetRows?[$0] } == [1, 2, 3])
        #expect((0..<3).map { batch.targetNames[$0] } == [11, 12, 20])
        #expect((0..<3).map { batch.positives[$0] } == [8, 9, 6])
        batch.fill(users: [7], histories: [[1]], candidates: [[2, 3]], sampleNames: [5])
        #expect(batch.targetRows == nil && batch.targetCount == 1 && batch.targetNames[0] == 5)
    }

    @Test func `the pieces of a batch are its samples with their targets, in order`() {
        let lengths = [150, 3, 60, 1, 500, 0, 100, 91, 2]
        let histories = lengths.map { length in (0..<length).map { Int32($0 + length) } }
        let whole = PackedBatch()
        // A target behind every row but the first of each history.
        whole.fill(
            users: lengths.indices.map { Int32($0) }, histories: histories,
            candidates: histories.map { history in history.indices.map { $0 == 0 ? [] : [history[$0] + 1, 7] } },
            times: histories.map { $0.map { Int64($0) * 2 } }, sampleNames: lengths.map { UInt32($0 + 1000) },
            targetNames: histories.map { $0.map { UInt32($0) } }, smallestTimeGaps: lengths.map { Int64($0) })
        let piece = PackedBatch()
        var pieces: [Range<Int>] = []
        var targets = 0
        while (pieces.last?.upperBound ?? 0) < whole.count {
            let first = pieces.last?.upperBound ?? 0
            let samples = first..<whole.endOfPiece(from: first)
            pieces.append(samples)
            piece.fill(samples, of: whole)
            #expect(piece.historyArrays == Array(histories[samples]))
            #expect(piece.userArray == samples.map { Int32($0) })
            #expect(piece.sampleArray == samples.map { whole.sampleNames[$0] })
            #expect(piece.timeArrays == samples.map { histories[$0].map { Int64($0) * 2 } })
            #expect((0..<piece.count).map { piece.smallestTimeGaps[$0] } == samples.map { Int64(lengths[$0]) })
            let start = whole.histories.start(first)
            #expect(piece.candidatesPerTarget == 2)
            for target in 0..<piece.targetCount {
                #expect(piece.targetRows?[target] == whole.targetRows.map { $0[targets + target] - Int32(start) })
                #expect(piece.targetNames[target] == whole.targetNames[targets + target])
                #expect(piece.candidates[2 * target] == whole.candidates[2 * (targets + target)])
                #expect(piece.candidates[2 * target + 1] == 7)
            }
            targets += piece.targetCount
        }
        #expect(targets == whole.targetCount)
        #expect(pieces == [0..<1, 1..<5, 5..<8, 8..<9])
    }
}
