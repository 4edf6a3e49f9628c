import Differentiation
import DistributedOptimizer
import KernelCore
import Testing

/// What a gradient is at the other end of a message.
@Suite struct SliceMessageTests {
    private static let rowCapacity = 64
    private let layout = ParameterLayout()

    init() {
        _ = layout.root.table("items", rows: 130, columns: 3, .normal(deviation: 1))
        _ = layout.root.table("users", rows: 5, columns: 16, .normal(deviation: 1))
        _ = layout.root.matrix("matrix", rows: 7, columns: 9, .normal(deviation: 1))
    }

    private func gradient(sampleCount: Int, items: [Int32]) -> RecordedGradient {
        RecordedGradient(
            layout, rowCapacity: Self.rowCapacity, sampleCount: sampleCount, loss: 0.1 * Double(sampleCount),
            rows: [items, [4, 0, 2]]
        ) { index in index % 7 == 0 ? -0.0 : Float(index).squareRoot() - 9 }
    }

    @Test(
        arguments: SliceMessage.Rows.allCases,
        [
            [], [129, 0, 64], (0..<40).map { Int32($0 * 3) }, (0..<64).map { 129 - Int32($0) },
        ] as [[Int32]])
    func `a message has the bits of the sum, with rows as a list or as bits`(kind: SliceMessage.Rows, items: [Int32]) {
        let gradient = gradient(sampleCount: 12, items: items)
        for count in 1...3 {
            for index in 0..<count {
                let slice = ParameterSlice(index, of: count, layout)
                let sum = SliceSum(TreeSum(inputs: [TreeSum.Subtree(0, 1)]), layout)
                sum.views[0].read(gradient.view, slice: slice)
                let capacity = SliceMessage.capacity(slice, layout, rowCapacity: Self.rowCapacity, kind)
                let entryCapacity = SliceMessage.entryCapacity(slice, layout, rowCapacity: Self.rowCapacity)
                withUnsafeTemporaryAllocation(of: Float.self, capacity: capacity) { message in
                    withUnsafeTemporaryAllocation(of: RowEntry.self, capacity: max(entryCapacity, 1)) { entries in
                        let start = message.baseAddress!
                        let written = SliceMessage.write(sum, slice: slice, layout, kind, flag: false, to: start)
                        #expect(written <= capacity)
                        let received = SliceSum(TreeSum(inputs: [TreeSum.Subtree(0, 1)]), layout)
                        let read = SliceMessage.read(
                            start, slice: slice, layout, entries: entries.baseAddress!, into: &received.views[0])
                        #expect(read == written)
                        #expect(SliceMessage.wordCount(of: start, slice: slice, layout) == written)
                        #expect(SumContent(received, slice, layout) == SumContent(sum, slice, layout))
                    }
                }
            }
        }
        // The memory that the views show is the gradient's.
        withExtendedLifetime(gradient) {}
    }

    @Test(arguments: [[true, false], [false, true], [true, true], [false, false]], [false, true])
    func `new values travel in the place of sums, and the rows of other tables as they are`(
        tables: [Bool], isFinite: Bool
    ) {
        let gradient = gradient(sampleCount: 12, items: [129, 0, 64])
        let values = ParameterStorage(layout)
        values.values.initialize(layout, seed: 5)
        let owned = OwnedMoments(tables: tables)
        for index in 0..<3 {
            let slice = ParameterSlice(index, of: 3, layout)
            let sum = SliceSum(TreeSum(inputs: [TreeSum.Subtree(0, 1)]), layout)
            sum.views[0].read(gradient.view, slice: slice)
            let capacity = SliceMessage.capacity(
                slice, layout, rowCapacity: Self.rowCapacity, .touched, owned: owned)
            withUnsafeTemporaryAllocation(of: Float.self, capacity: capacity) { message in
                withUnsafeTemporaryAllocation(of: RowEntry.self, capacity: 200) { entries in
                    let start = message.baseAddress!
                    let written = SliceMessage.write(
                        sum, slice: slice, layout, .touched,
                        moved: MovedSlice(owned, values.values, isFinite: isFinite), flag: true, to: start)
                    #expect(written <= capacity && SliceMessage.wordCount(of: start, slice: slice, layout) == written)
                    #expect(SliceMessage.hasBrokenGradient(start) == !isFinite && SliceMessage.flag(of: start))
                    let received = SliceSum(TreeSum(inputs: [TreeSum.Subtree(0, 1)]), layout)
                    let read = SliceMessage.read(
                        start, slice: slice, layout, entries: entries.baseAddress!, into: &received.views[0])
                    let view = received.views[0]
                    #expect(read == written && view.sampleCount == 12 && view.loss == sum.loss)
                    let dense = values.values.start + slice.dense.lowerBound
                    #expect((0..<slice.dense.count).allSatisfy { view.dense[$0] == dense[$0] })
                    for (index, table) in layout.tables.enumerated() {
                        let range = slice.values(of: table.parameter)
                        let rows = values.values(table.parameter) + range.lowerBound
                        #expect((sum.rowCount(index) == view.tables[index].count) || tables[index])
                        #expect(!tables[index] || view.tables[index].count == 0)
                        #expect(
                            !tables[index] || (0..<range.count).allSatisfy { view.tables[index].values[$0] == rows[$0] }
                        )
                    }
                }
            }
        }
        withExtendedLifetime((gradient, values)) {}
    }

    @Test(arguments: [0, 1, 12], [false, true])
    func `the flag travels with and without samples and changes no number`(sampleCount: Int, flag: Bool) {
        let gradient = gradient(sampleCount: sampleCount, items: [1])
        let slice = ParameterSlice(0, of: 1, layout)
        let sum = SliceSum(TreeSum(inputs: [TreeSum.Subtree(0, 1)]), layout)
        sum.views[0].read(gradient.view, slice: slice)
        let capacity = SliceMessage.capacity(slice, layout, rowCapacity: Self.rowCapacity, .touched)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: capacity) { message in
            withUnsafeTemporaryAllocation(of: RowEntry.self, capacity: 200) { entries in
                let start = message.baseAddress!
                let written = SliceMessage.write(sum, slice: slice, layout, .touched, flag: flag, to: start)
                #expect(sampleCount > 0 || written == 1)
                #expect(SliceMessage.flag(of: start) == flag)
                #expect(SliceMessage.wordCount(of: start, slice: slice, layout) == written)
                let received = SliceSum(TreeSum(inputs: [TreeSum.Subtree(0, 1)]), layout)
                _ = SliceMessage.read(
                    start, slice: slice, layout, entries: entries.baseAddress!, into: &received.views[0])
                #expect(received.sampleCount == sampleCount)
            }
        }
        withExtendedLifetime(gradient) {}
    }
}
