import Differentiation
import DistributedOptimizer
import KernelCore
import Testing

/// Adam over slices of all parameters.
@Suite struct AdamTests {
    private let layout = ParameterLayout()
    private let items: Parameter
    private let weight: Parameter
    private let bias: Parameter

    init() {
        items = layout.root.table("items", rows: 40, columns: 5, .normal(deviation: 1))
        weight = layout.root.matrix("weight", rows: 8, columns: 8, .normal(deviation: 1))
        bias = layout.root.vector("bias", count: 8, .normal(deviation: 1))
    }

    /// Parameters and moments, zero before the first step.
    private final class State {
        let parameters: ParameterStorage
        let first: ParameterStorage
        let second: ParameterStorage

        init(_ layout: ParameterLayout) {
            parameters = ParameterStorage(layout)
            first = ParameterStorage(layout)
            second = ParameterStorage(layout)
            parameters.values.initialize(layout, seed: 3)
        }
    }

    /// Takes steps with gradients that touch the given rows of the items, over `slices` slices one after another.
    private func train(
        _ state: State, steps: [[Int32]], slices: Int = 1, l2: Double = 0,
        value: (Int) -> Float = { Float($0 % 11) - 5 }
    ) {
        let adam = Adam(
            Adam.Settings(learningRate: 0.01, l2: l2), layout, parameters: state.parameters.values,
            first: state.first.values, second: state.second.values)
        for (index, rows) in steps.enumerated() {
            let gradient = RecordedGradient(layout, rowCapacity: 40, sampleCount: 4, rows: [rows], value: value)
            for number in 0..<slices {
                let slice = ParameterSlice(number, of: slices, layout)
                let sum = SliceSum(TreeSum(inputs: [TreeSum.Subtree(0, 1)]), layout)
                sum.views[0].read(gradient.view, slice: slice)
                #expect(adam.update(slice, with: sum, sampleCount: 4, step: index + 1))
            }
            withExtendedLifetime(gradient) {}
        }
    }

    private func values(_ parameter: Parameter, of state: State) -> [Float] {
        let start = state.parameters.values(parameter)
        return (0..<parameter.count).map { start[$0] }
    }

    @Test(arguments: 2...7) func `slices have the bits of the whole`(slices: Int) {
        let (whole, parts) = (State(layout), State(layout))
        let steps: [[Int32]] = [[3, 39, 17], [], [17, 1], [20]]
        train(whole, steps: steps, l2: 1e-3)
        train(parts, steps: steps, slices: slices, l2: 1e-3)
        for parameter in [items, weight, bias] {
            #expect(values(parameter, of: whole) == values(parameter, of: parts))
        }
    }

    @Test func `the first step of a touched element is the learning rate against its gradient`() {
        let (before, after) = (State(layout), State(layout))
        train(after, steps: [[7]])
        let (old, new) = (values(items, of: before), values(items, of: after))
        for column in 0..<5 {
            let gradient = Float((1_000 + column) % 11) - 5
            let move = new[7 * 5 + column] - old[7 * 5 + column]
            #expect(abs(move - (gradient == 0 ? 0 : gradient > 0 ? -0.01 : 0.01)) < 1e-6)
        }
    }

    @Test func `a row still moves by its momentum when no sample touches it, and one that was never touched stays`() {
        let (once, twice) = (State(layout), State(layout))
        train(once, steps: [[7]])
        train(twice, steps: [[7], []])
        let (first, second) = (values(items, of: once), values(items, of: twice))
        #expect(first[35..<40] != second[35..<40])
        #expect(first[..<35] == second[..<35] && first[40...] == second[40...])
    }

    @Test func `L2 moves rows without gradient, but neither biases nor the row of padding`() {
        let (before, after) = (State(layout), State(layout))
        train(after, steps: [[]], l2: 0.1) { _ in 0 }
        #expect(values(bias, of: before) == values(bias, of: after))
        #expect(values(items, of: after)[..<5].allSatisfy { $0 == 0 })
        for parameter in [items, weight] {
            let (old, new) = (values(parameter, of: before), values(parameter, of: after))
            #expect(zip(old, new).allSatisfy { $0 == 0 || abs($1) < abs($0) || $0.sign != $1.sign })
        }
    }

    @Test(arguments: [Float.nan, .infinity]) func `a gradient that is not finite is told`(value: Float) {
        let state = State(layout)
        let adam = Adam(
            Adam.Settings(), layout, parameters: state.parameters.values, first: state.first.values,
            second: state.second.values)
        let gradient = RecordedGradient(layout, rowCapacity: 40, sampleCount: 1, rows: [[9]]) {
            $0 == 1_002 ? value : 1
        }
        let sum = SliceSum(TreeSum(inputs: [TreeSum.Subtree(0, 1)]), layout)
        let slices = (0..<2).map { ParameterSlice($0, of: 2, layout) }
        let areFinite = slices.map { slice in
            sum.views[0].read(gradient.view, slice: slice)
            return adam.update(slice, with: sum, sampleCount: 1, step: 1)
        }
        #expect(areFinite == [false, true], "row 9 is in the first slice")
        withExtendedLifetime(gradient) {}
    }
}
