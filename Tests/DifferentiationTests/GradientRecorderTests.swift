import Differentiation
import KernelCore
import Testing

@Suite struct GradientRecorderTests {
    private let layout = ParameterLayout()
    private let items: Parameter
    private let positions: Parameter
    private let dense: Parameter
    private let recording: Recording
    private let samples = Fixed<UInt32>([0, 1, 2])

    init() {
        items = layout.root.table("items", rows: 70_000, columns: 3, .normal(deviation: 1))
        positions = layout.root.table("positions", rows: 9, columns: 3, paddingRow: false, .normal(deviation: 1))
        dense = layout.root.matrix("dense", rows: 4, columns: 3, .normal(deviation: 1))
        let storage = ParameterStorage(layout)
        storage.values.initialize(layout, seed: 1)
        recording = Recording(storage, rowCapacity: 300)
    }

    /// A loss whose gradient with respect to a row is the number of times that it is named.
    private func count(_ numbers: [Int32], of parameter: Parameter) {
        let rows = Fixed(numbers)
        recording.step(samples: samples) { tape in
            tape.total(tape.rows(rows.pointer, of: parameter, count: rows.count))
        }
    }

    @Test func `rows are listed once, sorted, with the sum of their gradients`() {
        let numbers: [Int32] = [69_999, 256, 1, 65_536, 256, 255, 257, 1, 256, 512, 3]
        count(numbers, of: items)
        let entries = (0..<recording.view.rowCount(0)).map { recording.view.entries(0)[$0] }
        #expect(entries.map(\.row) == Set(numbers).sorted())
        #expect(Set(entries.map(\.slot)) == Set(0..<Int32(entries.count)))
        for (row, gradient) in recording.rows(items) {
            #expect(gradient == [Float](repeating: Float(numbers.count { $0 == row }), count: 3))
        }
        #expect(recording.view.rowCount(1) == 0)
        #expect(recording.dense(dense).allSatisfy { $0 == 0 })
        #expect(recording.view.sampleCount == 3)
    }

    @Test func `nothing is left of the mini-batch before`() {
        for numbers in [[5, 6, 7, 8], [7, 2], [], [8], [5, 5]] as [[Int32]] {
            count(numbers, of: items)
            let rows = recording.rows(items)
            #expect(Set(rows.keys) == Set(numbers))
            for (row, gradient) in rows {
                #expect(gradient == [Float](repeating: Float(numbers.count { $0 == row }), count: 3))
            }
            count(numbers.map { $0 - 1 }, of: positions)
            #expect(Set(recording.rows(positions).keys) == Set(numbers.map { $0 - 1 }))
            #expect(recording.view.rowCount(0) == 0)
        }
    }

    @Test func `dense gradients start from zero and take repeated rows`() {
        for _ in 0..<3 {
            count([2, 0, 2], of: dense)
            #expect(recording.dense(dense) == [1, 1, 1, 0, 0, 0, 2, 2, 2, 0, 0, 0])
        }
    }

    @Test func `a table can be used up to its capacity`() {
        let numbers = (0..<300).map { Int32($0 * 233 % 70_000) }
        count(numbers, of: items)
        #expect(recording.view.rowCount(0) == 300)
        #expect((0..<300).map { recording.view.entries(0)[$0].row } == numbers.sorted())
        #expect(recording.view.firstEntry(0, notBelow: 0) == 0)
        #expect(recording.view.firstEntry(0, notBelow: 234) == numbers.count { $0 < 234 })
        #expect(recording.view.firstEntry(0, notBelow: 70_000) == 300)
    }

    @Test func `histories and positions never name the padding row`() {
        let packed = PackedHistories([3, 0, 1, 5])
        recording.tape.begin(.scoring(seed: 0))
        let numbers = recording.tape.positionsFromNewest(packed.sequences)
        #expect((0..<9).map { numbers[$0] } == [3, 2, 1, 1, 5, 4, 3, 2, 1])
        let values = recording.storage.values
        #expect((0..<3).allSatisfy { values(items)[$0] == 0 })
        #expect(!(0..<3).allSatisfy { values(positions)[$0] == 0 }, "a table without a padding row uses its first row")
        count([4, 1], of: items)
        #expect(recording.rows(items)[0] == nil)
    }

    @Test func `a tape without a recorder computes the same values and records nothing`() {
        let rows = Fixed<Int32>([4, 1, 4])
        let forward = Tape(parameters: recording.storage.values)
        forward.begin(.scoring(seed: 0))
        let scored = forward.total(forward.hyperbolicTangent(forward.rows(rows.pointer, of: items, count: 3)))
        #expect(!forward.isRecording)
        recording.step(samples: samples) { tape in
            #expect(tape.isRecording)
            let loss = tape.total(tape.hyperbolicTangent(tape.rows(rows.pointer, of: items, count: 3)))
            #expect(loss.value[0].bitPattern == scored.value[0].bitPattern)
            return loss
        }
        #expect(recording.view.loss == Double(scored.value[0]))
    }
}

extension Tape {
    /// The sum of all elements as a loss.
    func total(_ x: Variable) -> Variable {
        let loss = variable(rows: 1, columns: 1)
        loss.value[0] = (0..<x.count).reduce(0) { $0 + x.value[$1] }
        record(TotalOperation(x: x, loss: loss))
        return loss
    }
}

private struct TotalOperation: Operation {
    let x: Variable
    let loss: Variable

    var cost: OperationCost { .none }

    func backward(on tape: Tape) {
        for index in 0..<x.count { x.gradient[index] += loss.gradient[0] }
    }
}
