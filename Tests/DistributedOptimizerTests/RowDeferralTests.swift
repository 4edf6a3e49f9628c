import Differentiation
import DistributedOptimizer
import KernelCore
import Testing

/// Rows that take their steps when they are read.
@Suite struct RowDeferralTests {
    private let layout = ParameterLayout()
    private let items: Parameter
    private let users: Parameter

    init() {
        items = layout.root.table("items", rows: 300, columns: 20, .normal(deviation: 1))
        users = layout.root.table("user.bias", rows: 150, columns: 5, paddingRow: false, .normal(deviation: 1))
        _ = layout.root.matrix("weight", rows: 8, columns: 8, .normal(deviation: 1))
    }

    /// A training of rows that are drawn: what it reads, and its parameters and moments.
    private final class Training {
        let parameters: ParameterStorage
        let first: ParameterStorage
        let second: ParameterStorage
        let adam: Adam

        init(_ layout: ParameterLayout, _ settings: Adam.Settings) {
            parameters = ParameterStorage(layout)
            first = ParameterStorage(layout)
            second = ParameterStorage(layout)
            parameters.values.initialize(layout, seed: 3)
            adam = Adam(
                settings, layout, parameters: parameters.values, first: first.values, second: second.values)
        }

        /// The bits of a row, with its moments.
        func row(_ row: Int, of parameter: Parameter) -> [UInt32] {
            [parameters, first, second].flatMap { copy in
                (0..<parameter.columns).map { copy.values(parameter)[row * parameter.columns + $0].bitPattern }
            }
        }
    }

    private static let settings: [(name: String, settings: Adam.Settings)] = {
        var decayed = Adam.Settings(learningRate: 0.01)
        decayed.weightDecay = 0.1
        var scheduled = Adam.Settings(learningRate: 0.01)
        scheduled.warmupSteps = 30
        scheduled.learningRateDecay = .cosine
        scheduled.learningRateDecaySteps = 200
        return [
            ("plain", Adam.Settings(learningRate: 0.01)), ("L2", Adam.Settings(learningRate: 0.01, l2: 1e-3)),
            ("weight decay", decayed), ("a rate that rises and falls", scheduled),
        ]
    }()

    @Test(arguments: 0..<4, [(1, false), (3, false), (2, true)])
    func `rows that wait have the bits of rows that move in every step`(
        number: Int, how: (slices: Int, hasOtherNodes: Bool)
    ) {
        let settings = Self.settings[number].settings
        let (waiting, moving) = (Training(layout, settings), Training(layout, settings))
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: RowDeferral.byteCount([true, true], layout), alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        defer { memory.deallocate() }
        let deferral = RowDeferral([true, true], layout, at: memory.baseAddress!)
        func rows(readIn step: Int) -> [[Int32]] {
            [items, users].map { table in
                let drawn = (1...6).map { UInt32(truncatingIfNeeded: (step * 6 + $0) &* 2_654_435_761) >> 7 }
                return Set(drawn.map { Int32($0 % UInt32(table.rows - 1)) + 1 }).sorted()
            }
        }
        var maximumWait = 0
        for step in 1...300 {
            let read = rows(readIn: step)
            for (table, rows) in zip([items, users], read) {
                for row in rows {
                    #expect(waiting.row(Int(row), of: table) == moving.row(Int(row), of: table), "step \(step)")
                }
            }
            var touched = read.map { Array($0.suffix(4)) }
            if how.hasOtherNodes { touched[0].append(contentsOf: Set<Int32>(200..<300).subtracting(read[0]).prefix(2)) }
            // Sometimes nobody knows what comes: all rows move then.
            let settles = step % 97 == 0 || step == 300
            if !settles {
                deferral.announceReads {
                    for (table, rows) in zip([items, users], rows(readIn: step + 1)) {
                        rows.withUnsafeBufferPointer {
                            deferral.willRead(table, $0.baseAddress!, count: $0.count)
                        }
                    }
                }
            }
            #expect(deferral.isAnnounced == !settles)
            let gradient = RecordedGradient(layout, rowCapacity: 300, sampleCount: 4, rows: touched) {
                Float(($0 * 7 + step) % 11) - 5
            }
            for slice in 0..<how.slices {
                let slice = ParameterSlice(slice, of: how.slices, layout)
                let sum = SliceSum(TreeSum(inputs: [TreeSum.Subtree(0, 1)]), layout)
                sum.views[0].read(gradient.view, slice: slice)
                #expect(moving.adam.update(slice, with: sum, sampleCount: 4, step: step))
                #expect(
                    waiting.adam.update(
                        slice, with: sum, sampleCount: 4, step: step, deferral: deferral, settles: settles))
            }
            withExtendedLifetime(gradient) {}
            deferral.endStep(settled: settles)
            maximumWait = max(maximumWait, deferral.pending?.longestWait ?? 0)
            if settles || step % 41 == 0 { expectSameState(waiting, moving, deferral.pending, "step \(step)") }
        }
        #expect(maximumWait > 40 && maximumWait <= RowDeferral.longest, "\(maximumWait)")
    }

    /// Compares all rows, those that wait in a copy that takes their steps.
    private func expectSameState(
        _ waiting: Training, _ moving: Training, _ pending: PendingSteps?, _ when: String
    ) {
        let copy = Training(layout, Adam.Settings())
        for (source, target) in zip(
            [waiting.parameters, waiting.first, waiting.second], [copy.parameters, copy.first, copy.second])
        {
            target.values.copy(from: source.values, layout)
        }
        let isFinite = pending?.finish { table in
            (copy.parameters.values(table), copy.first.values(table), copy.second.values(table))
        }
        #expect(isFinite != false)
        for table in [items, users] {
            for row in 0..<table.rows where copy.row(row, of: table) != moving.row(row, of: table) {
                Issue.record("row \(row) of table \(table.index) is another one, \(when)")
                return
            }
        }
    }

    @Test func `a gradient of a row that waits is found, and one of rows that were announced is not`() {
        let layout = ParameterLayout()
        let items = layout.root.table("items", rows: 30, columns: 4, .normal(deviation: 1))
        let training = Training(layout, Adam.Settings())
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 128, alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: 128)
        defer { memory.deallocate() }
        let deferral = RowDeferral([true], layout, at: memory)
        for step in 1...3 {
            var announced: [Int32] = [5]
            deferral.announceReads { deferral.willRead(items, &announced, count: 1) }
            let touched: [Int32] = step == 2 ? [5] : [5, 9]
            let gradient = RecordedGradient(layout, rowCapacity: 30, sampleCount: 1, rows: [touched]) { _ in 1 }
            #expect(deferral.waits(forRowsOf: gradient.view) == (step == 3))
            let sum = SliceSum(TreeSum(inputs: [TreeSum.Subtree(0, 1)]), layout)
            sum.views[0].read(gradient.view, slice: ParameterSlice(allOf: layout))
            _ = training.adam.update(
                ParameterSlice(allOf: layout), with: sum, sampleCount: 1, step: step, deferral: deferral,
                settles: false)
            deferral.endStep(settled: false)
        }
    }
}
