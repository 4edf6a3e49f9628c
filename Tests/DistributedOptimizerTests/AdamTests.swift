import Differentiation
import DistributedOptimizer
import Glibc
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
        _ state: State, steps: [[Int32]], _ settings: Adam.Settings? = nil, average: ParameterStorage? = nil,
        firstStep: Int = 1, slices: Int = 1, l2: Double = 0, value: (Int) -> Float = { Float($0 % 11) - 5 }
    ) {
        let adam = Adam(
            settings ?? Adam.Settings(learningRate: 0.01, l2: l2), layout, parameters: state.parameters.values,
            first: state.first.values, second: state.second.values, average: average?.values)
        for (index, rows) in steps.enumerated() {
            let gradient = RecordedGradient(layout, rowCapacity: 40, sampleCount: 4, rows: [rows], value: value)
            for number in 0..<slices {
                let slice = ParameterSlice(number, of: slices, layout)
                let sum = SliceSum(TreeSum(inputs: [TreeSum.Subtree(0, 1)]), layout)
                sum.views[0].read(gradient.view, slice: slice)
                #expect(adam.update(slice, with: sum, sampleCount: 4, step: index + firstStep))
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

    @Test func `the learning rate rises, and falls to a hundredth`() {
        var settings = Adam.Settings(learningRate: 0.1)
        #expect((1...3).map { settings.learningRate(at: $0) } == [0.1, 0.1, 0.1])
        settings.warmupSteps = 4
        for (step, part) in [(1, 0.25), (2, 0.5), (3, 0.75), (4, 1), (5, 1)] {
            #expect(abs(settings.learningRate(at: step) - 0.1 * part) < 1e-15)
        }
        settings.learningRateDecaySteps = 14
        settings.learningRateDecay = .linear
        for (step, part) in [(4, 1), (9, 0.505), (14, 0.01), (20, 0.01)] {
            #expect(abs(settings.learningRate(at: step) - 0.1 * part) < 1e-12)
        }
        settings.learningRateDecay = .cosine
        for step in 4...16 {
            let wave = 0.01 + 0.99 * (1 + cos(Double.pi * min(Double(step - 4) / 10, 1))) / 2
            #expect(abs(settings.learningRate(at: step) - 0.1 * wave) < 1e-12)
        }
    }

    @Test func `weight decay takes away its share of weights, not of biases`() {
        let (plain, decayed) = (State(layout), State(layout))
        var settings = Adam.Settings(learningRate: 0.01)
        train(plain, steps: [[3]], settings)
        settings.weightDecay = 2
        train(decayed, steps: [[3]], settings)
        let start = State(layout)
        for (old, (one, other)) in zip(
            values(weight, of: start), zip(values(weight, of: plain), values(weight, of: decayed)))
        {
            #expect(abs(one - other - 0.02 * old) < 1e-6)
        }
        #expect(values(bias, of: plain) == values(bias, of: decayed))
    }

    @Test(arguments: [1, 3]) func `the average follows the parameters, and begins with them`(slices: Int) {
        let state = State(layout)
        let average = ParameterStorage(layout)
        var settings = Adam.Settings(learningRate: 0.01)
        settings.averaging = 0.9
        var expected: [Double] = []
        for step in 1...30 {
            train(state, steps: [[7, 1]], settings, average: average, firstStep: step, slices: slices)
            let now = values(items, of: state).map(Double.init)
            let decay = min(0.9, Double(step - 1) / Double(step + 9))
            expected = step == 1 ? now : zip(expected, now).map { decay * $0 + (1 - decay) * $1 }
        }
        let found = (0..<items.count).map { Double(average.values(items)[$0]) }
        #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-5 })
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
