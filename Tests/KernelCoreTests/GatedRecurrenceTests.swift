import Glibc
import KernelCore
import Testing

@Suite struct GatedRecurrenceTests {
    /// The recurrence of one sequence in double precision.
    private func reference(
        _ x: ArraySlice<Float>, _ weight: [Float], _ bias: [Float], size: Int, length: Int
    ) -> [Double] {
        func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
        var h = [Double](repeating: 0, count: size)
        for time in 0..<length {
            let input = x.dropFirst(time * 3 * size).prefix(3 * size).map(Double.init)
            let recurrent = (0..<3 * size).map { row in
                (0..<size).reduce(Double(bias[row])) { $0 + Double(weight[row * size + $1]) * h[$1] }
            }
            h = (0..<size).map { unit in
                let r = sigmoid(input[unit] + recurrent[unit])
                let z = sigmoid(input[size + unit] + recurrent[size + unit])
                let n = tanh(input[2 * size + unit] + r * recurrent[2 * size + unit])
                return (1 - z) * n + z * h[unit]
            }
        }
        return h
    }

    private func run(_ lengths: [Int], _ x: [Float], _ weight: [Float], _ bias: [Float], size: Int) -> [Float] {
        let arena = Arena()
        let recurrence = GatedRecurrence(
            RecurrencePlan(JaggedOffsets(lengths: lengths), in: arena), size: size, in: arena)
        var final = [Float](repeating: .nan, count: lengths.count * size)
        let transposed = Kernel.transposed(MatrixView(weight, rows: 3 * size, columns: size), in: arena)
        recurrence.forward(x: x, transposed: transposed, bias: bias, into: &final, scratch: arena)
        return final
    }

    @Test(arguments: [1, 5, 8, 12, 33, 64], [[4, 1, 0, 7, 7, 2], [0], [1], [0, 0, 3], [20]])
    func `the last states follow the formula`(size: Int, lengths: [Int]) {
        var numbers = Numbers(UInt64(size))
        let total = lengths.reduce(0, +)
        let x = numbers.list(total * 3 * size, bound: 2)
        let weight = numbers.list(3 * size * size, bound: 1 / Float(size).squareRoot())
        let bias = numbers.list(3 * size)
        let final = run(lengths, x, weight, bias, size: size)
        var start = 0
        for (sequence, length) in lengths.enumerated() {
            let expected = reference(x[(start * 3 * size)...], weight, bias, size: size, length: length)
            #expect(areClose(Array(final[sequence * size..<(sequence + 1) * size]), expected, tolerance: 5e-6))
            start += length
        }
    }

    @Test func `the state after every row is the last one of the rows up to it`() {
        var numbers = Numbers(3)
        let (size, lengths) = (5, [4, 1, 0, 7])
        let x = numbers.list(12 * 3 * size, bound: 2)
        let weight = numbers.list(3 * size * size)
        let bias = numbers.list(3 * size)
        let arena = Arena()
        let recurrence = GatedRecurrence(
            RecurrencePlan(JaggedOffsets(lengths: lengths), in: arena), size: size, in: arena)
        var final = [Float](repeating: .nan, count: lengths.count * size)
        var states = [Float](repeating: .nan, count: 12 * size)
        let transposed = Kernel.transposed(MatrixView(weight, rows: 3 * size, columns: size), in: arena)
        recurrence.forward(
            x: x, transposed: transposed, bias: bias, into: &final, states: &states, scratch: arena)
        #expect(final == run(lengths, x, weight, bias, size: size))
        var start = 0
        for length in lengths {
            for row in 0..<length {
                let expected = reference(x[(start * 3 * size)...], weight, bias, size: size, length: row + 1)
                let own = Array(states[(start + row) * size..<(start + row + 1) * size])
                #expect(areClose(own, expected, tolerance: 5e-6))
            }
            start += length
        }
    }

    @Test func `sequences without any row have a state of zeros`() {
        #expect(run([0, 0], [], [Float](repeating: 1, count: 12), [1, 1, 1, 1, 1, 1], size: 2) == [0, 0, 0, 0])
    }
}

@Suite struct RecurrencePlanTests {
    @Test(arguments: [[3, 1, 0, 3, 5], [0, 0], [1], [2, 2, 2], [], [0, 9, 0, 1, 9, 4]])
    func `the plan walks the longest sequences first`(lengths: [Int]) {
        let arena = Arena()
        let plan = RecurrencePlan(JaggedOffsets(lengths: lengths), in: arena)
        defer { arena.reset() }
        let longest = lengths.max() ?? 0
        #expect(plan.steps == longest)
        let order = lengths.indices.map { Int(plan.order[$0]) }
        // By falling length, equal ones in the order of the batch.
        let expected = lengths.indices.sorted { (-lengths[$0], $0) < (-lengths[$1], $1) }
        #expect(order == expected)
        var rows = 0
        for time in 0..<longest {
            #expect(Int(plan.active[time]) == lengths.count { $0 > time })
            #expect(Int(plan.timeOffsets[time]) == rows)
            rows += Int(plan.active[time])
        }
        #expect(rows == plan.sequences.total)
        #expect(plan.active[longest] == 0)
    }
}
