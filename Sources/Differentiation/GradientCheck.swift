import KernelCore

/// Compares the gradients that a tape records with differences of the loss: the test of a new operation or model.
///
///     let storage = ParameterStorage(layout)
///     storage.values.initialize(layout, seed: 1)
///     let worst = try GradientCheck(storage).worstDeviation { tape in
///         tape.rankingLoss(tape.linear(tape(x), weight: weight, bias: bias))
///     }
///     #expect(worst.relative < GradientCheck.tolerance, "\(worst)")
///
/// Of every parameter the derivatives along two random directions through all its elements, and those of single
/// elements: all of them in a small parameter, otherwise a random selection. Derivatives come from central
/// differences at falling steps, extrapolated to step zero (Ridders, "Accurate computation of F'(x) and F'(x)F''(x)",
/// Advances in Engineering Software 4, 1982), so that neither the curvature nor the rounding of 32-bit numbers decides.
///
/// A model that propagates its tables is checked through the propagation, see ``GraphPropagation``.
///
/// The loss must be smooth around the parameters' values: keep the inputs of ``Tape/relu(_:)`` away from 0, by
/// more than ``largestStep``. Padding rows are left alone.
public struct GradientCheck {
    /// Deviations of a right gradient stay below this, where the loss is not dominated by rounding.
    public static let tolerance = 2e-3

    /// How far an element is moved at most.
    public static let largestStep = 0.1

    /// Where a recorded gradient and the differences disagree.
    public struct Deviation: Sendable, CustomStringConvertible {
        /// The name of the parameter.
        public let parameter: String
        /// Row and column of the element; nil for a derivative along a direction through all elements.
        public let element: (row: Int, column: Int)?
        /// The derivative that the tape recorded.
        public let recorded: Double
        /// The derivative that the differences give.
        public let expected: Double
        /// The difference of the two over the larger of them, or over the typical derivative of the parameter where
        /// that is larger. Infinite where one is not a number.
        public let relative: Double

        /// The element and both derivatives, in one line.
        public var description: String {
            let location = element.map { "[\($0.row), \($0.column)]" } ?? ", a direction through all elements"
            return "\(parameter)\(location): recorded \(recorded), differences give \(expected), deviation \(relative)"
        }
    }

    private let storage: ParameterStorage
    private let sampleNames: [UInt32]
    private let targets: Tape.Targets?
    private let seed: UInt64
    private let step: UInt32?
    private let elementsPerParameter: Int
    private let propagation: GraphPropagation?

    /// - Parameters:
    ///   - storage: the values around which the derivatives are taken; the same again when the check is over.
    ///   - sampleNames: of the mini-batch, needed where the loss contains dropout.
    ///   - targets: of the mini-batch, where its samples have several.
    ///   - seed, step: of the dropout masks; `step` nil turns dropout off.
    ///   - elementsPerParameter: the most elements that are checked one by one.
    ///   - propagation: of the tables, where the loss is a function of the propagated rows.
    public init(
        _ storage: ParameterStorage, sampleNames: [UInt32] = [], targets: Tape.Targets? = nil, seed: UInt64 = 0,
        step: UInt32? = nil, elementsPerParameter: Int = 32, propagation: GraphPropagation? = nil
    ) {
        self.storage = storage
        self.sampleNames = sampleNames
        self.targets = targets
        self.seed = seed
        self.step = step
        self.elementsPerParameter = elementsPerParameter
        self.propagation = propagation
    }

    /// The largest deviation over all parameters of the layout.
    ///
    /// - Parameter loss: builds the loss on the tape, the same function of the parameters each time. Instead of a
    ///   single number it may return a matrix: its elements are then added with fixed random weights, in double
    ///   precision, which shows smaller mistakes than a sum of 32-bit numbers.
    /// - Throws: the mistake that the loss, or who registered the parameters, left.
    /// - Precondition: the layout has a parameter.
    /// - Complexity: about 16 forward passes for every element and direction.
    public func worstDeviation(of loss: (Tape) -> Variable) throws(ModelError) -> Deviation {
        let layout = storage.layout
        if let error = layout.error { throw error }
        try propagation?.check(layout)
        let tallest = layout.tables.map(\.parameter.rows).max() ?? 0
        let gradientLayout = GradientLayout(layout, rowCapacity: tallest)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: gradientLayout.byteCount, alignment: 64)
        defer { memory.deallocate() }
        let view = GradientView(gradientLayout, at: memory)
        let recorder = GradientRecorder(gradientLayout)
        let propagator = propagation.map { Propagator($0, layout, parameters: storage.values) }
        let values = propagator?.values ?? storage.values
        let tape = Tape(parameters: values, gradients: recorder)

        return try sampleNames.withUnsafeBufferPointer { (sampleNames) throws(ModelError) in
            let nothing = UnsafePointer<UInt32>(bitPattern: 64)!
            let pass = Tape.Pass.training(sampleNames: sampleNames.baseAddress ?? nothing, seed: seed, step: step)
            propagator?.propagate {}
            propagator?.materializeAll()
            let count = sampleNames.isEmpty ? nil : sampleNames.count
            tape.begin(pass, sampleCount: count, targets: targets)
            recorder.begin(in: view)
            tape.backward(from: WeightedTotal.record(loss(tape), on: tape).loss)
            if let error = tape.error { throw error }
            recorder.finish(sampleCount: 1, loss: 0)
            if let propagator { Self.propagateBack(view, layout, propagator) }
            // Without a recorder the tape runs the same forward pass, dropout included, and keeps nothing.
            let forward = Tape(parameters: values)
            func evaluate() -> Double {
                propagator?.propagate {}
                propagator?.materializeAll()
                forward.begin(pass, sampleCount: count, targets: targets)
                return WeightedTotal.record(loss(forward), on: forward).exact
            }
            let probes = layout.specifications.map {
                ParameterProbe($0, view: view, propagator: propagator, values: storage.values)
            }
            let largest = probes.map(\.typical).max() ?? 0
            let all = probes.flatMap { probe in
                deviations(of: probe, floor: max(probe.typical, largest * 0.01, 1e-9), evaluate)
            }
            guard let worst = all.max(by: { $0.relative < $1.relative }) else {
                preconditionFailure("a gradient check needs at least one parameter with an element to check")
            }
            return worst
        }
    }

    private static func propagateBack(_ view: GradientView, _ layout: ParameterLayout, _ propagator: Propagator) {
        let everything = ParameterSlice(0, of: 1, layout)
        let sum = SliceSum(TreeSum(inputs: [TreeSum.Subtree(0, 1)]), layout)
        sum.views[0].read(view, slice: everything)
        propagator.record(sum, slice: everything, part: 0)
        propagator.propagateBack(slices: [everything]) {}
    }

    private func deviations(
        of probe: ParameterProbe, floor: Double, _ evaluate: () -> Double
    ) -> [Deviation] {
        var stream = RandomStream(
            seed: 1, purpose: .initialization, iteration: 1, element: UInt32(probe.specification.parameter.index))
        var deviations: [Deviation] = []
        let count = probe.movable.count
        guard count > 0 else { return [] }
        for _ in 0..<2 {
            let signs = (0..<count).map { _ in stream.nextWord() & 1 == 0 ? 1.0 : -1.0 }
            let recorded = zip(probe.movable, signs).reduce(0) { $0 + probe.recorded[$1.0] * $1.1 }
            // The longer the direction, the smaller the step, so that the curvature seen stays the same.
            let step = Self.largestStep / Double(count).squareRoot()
            deviations.append(
                deviation(
                    probe, nil, recorded, floor: floor * Double(count).squareRoot(),
                    probe.derivative(along: Array(zip(probe.movable, signs)), largestStep: step, evaluate)))
        }
        var chosen = Array(probe.movable)
        if count > elementsPerParameter {
            for index in 0..<elementsPerParameter {
                chosen.swapAt(index, index + Int(stream.next(below: UInt32(count - index))))
            }
            chosen.removeLast(count - elementsPerParameter)
        }
        let columns = probe.specification.parameter.columns
        for element in chosen {
            deviations.append(
                deviation(
                    probe, (element / columns, element % columns), probe.recorded[element], floor: floor,
                    probe.derivative(along: [(element, 1)], largestStep: Self.largestStep, evaluate)))
        }
        return deviations
    }

    private func deviation(
        _ probe: ParameterProbe, _ element: (row: Int, column: Int)?, _ recorded: Double, floor: Double,
        _ expected: Double
    ) -> Deviation {
        let relative = abs(recorded - expected) / max(abs(recorded), abs(expected), floor)
        return Deviation(
            parameter: probe.specification.name, element: element, recorded: recorded, expected: expected,
            relative: relative.isNaN ? .infinity : relative)
    }
}

/// One parameter under the check: its recorded gradient, and its values to be moved.
private struct ParameterProbe {
    let specification: ParameterSpecification
    /// The whole recorded gradient, zero where nothing was recorded.
    let recorded: [Double]
    /// Elements that may be moved: all but those of the padding row.
    let movable: Range<Int>
    /// Root of the mean square of the derivatives that are not zero.
    let typical: Double
    private let values: UnsafeMutablePointer<Float>

    init(
        _ specification: ParameterSpecification, view: GradientView, propagator: Propagator?, values: ParameterValues
    ) {
        let parameter = specification.parameter
        var recorded = [Double](repeating: 0, count: parameter.count)
        if let propagator, parameter.tableIndex != nil {
            let gradient = propagator.gradient(of: parameter)
            for element in 0..<parameter.count { recorded[element] = Double(gradient[element]) }
        } else if let table = parameter.tableIndex {
            for index in 0..<view.rowCount(table) {
                let entry = view.entries(table)[index]
                let gradient = view.row(table, slot: entry.slot)
                for column in 0..<parameter.columns {
                    recorded[Int(entry.row) * parameter.columns + column] = Double(gradient[column])
                }
            }
        } else {
            for element in 0..<parameter.count {
                recorded[element] = Double(view.dense[parameter.offset + element])
            }
        }
        let nonzero = recorded.filter { $0 != 0 }
        typical = nonzero.isEmpty ? 0 : (nonzero.reduce(0) { $0 + $1 * $1 } / Double(nonzero.count)).squareRoot()
        movable = (specification.kind == .table(paddingRow: true) ? parameter.columns : 0)..<parameter.count
        self.recorded = recorded
        self.specification = specification
        self.values = values(parameter)
    }

    /// The derivative of `evaluate` along a direction, by Ridders' extrapolation.
    func derivative(
        along direction: [(element: Int, factor: Double)], largestStep: Double, _ evaluate: () -> Double
    ) -> Double {
        let original = direction.map { values[$0.element] }
        func move(by step: Double) -> Double {
            for (index, (element, factor)) in direction.enumerated() {
                values[element] = Float(Double(original[index]) + step * factor)
            }
            return Double(values[direction[0].element])
        }
        func difference(_ step: Double) -> Double {
            let upper = move(by: step)
            let above = evaluate()
            let lower = move(by: -step)
            let below = evaluate()
            // What the rounding of the moved value has left of the step.
            let distance = direction.count == 1 ? (upper - lower) / direction[0].factor : 2 * step
            return (above - below) / distance
        }
        defer { for (index, (element, _)) in direction.enumerated() { values[element] = original[index] } }

        let levels = 8
        let shrink = 1.5
        var step = largestStep
        var previous = [difference(step)]
        var best = previous[0]
        var smallestError = Double.infinity
        for level in 1..<levels {
            step /= shrink
            var current = [difference(step)]
            var power = shrink * shrink
            for order in 1...level {
                let estimate = (current[order - 1] * power - previous[order - 1]) / (power - 1)
                let error = max(abs(estimate - current[order - 1]), abs(estimate - previous[order - 1]))
                if error <= smallestError {
                    smallestError = error
                    best = estimate
                }
                current.append(estimate)
                power *= shrink * shrink
            }
            previous = current
        }
        return best
    }
}

/// Adds the elements of a matrix with fixed weights, for a loss that is one number.
private struct WeightedTotal: Operation {
    let x: Variable
    let loss: Variable

    /// A weight between 0.5 and 1.5 with either sign, a function of the index alone; 1 for a single number.
    static func weight(_ index: Int, of count: Int) -> Float {
        guard count > 1 else { return 1 }
        let words = Philox4x32.block(counter: (UInt32(truncatingIfNeeded: index), 0, 0, 0), key: (0x6772_6164, 0))
        let size = 0.5 + Float(words.0 >> 8) * 0x1p-24
        return words.1 & 1 == 0 ? size : -size
    }

    static func record(_ x: Variable, on tape: Tape) -> (loss: Variable, exact: Double) {
        let loss = tape.variable(rows: 1, columns: 1)
        var total = 0.0
        for index in 0..<x.count { total += Double(weight(index, of: x.count)) * Double(x.value[index]) }
        loss.value[0] = Float(total)
        tape.record(WeightedTotal(x: x, loss: loss))
        return (loss, total)
    }

    var cost: OperationCost {
        OperationCost(forward: Work(2 * x.count, floats: x.count), backward: Work(2 * x.count, floats: 2 * x.count))
    }

    func backward(on tape: Tape) {
        for index in 0..<x.count { x.gradient[index] += loss.gradient[0] * Self.weight(index, of: x.count) }
    }
}
