import Differentiation
import KernelCore

/// The Adam optimizer over all rows of all parameters (Kingma and Ba 2015), with L2 added to the gradient.
///
/// Dense by design: a row that no sample of a step touches still moves, by its momentum and by the L2 term. Lazy
/// variants train another model. Padding rows stay zero.
public struct Adam {
    /// What a user chooses.
    public struct Settings: Sendable, Equatable {
        /// The step size, where nothing changes it.
        public var learningRate: Double
        /// The L2 coefficient; not applied to parameters whose name contains `bias`.
        public var l2: Double
        /// The share of a parameter that a step takes away, in learning rates (AdamW, Loshchilov and Hutter 2019); of the
        /// same parameters as ``l2``.
        public var weightDecay = 0.0
        /// The longest mean gradient of a step, all parameters together; a longer one is shortened to it. 0: any.
        public var clipNorm = 0.0
        /// Decay of the moving average of the parameters, from 0 to below 1; 0: there is none.
        public var averaging = 0.0
        /// The steps over which the learning rate rises from 0.
        public var warmupSteps = 0
        /// How it falls after its warm-up.
        public var learningRateDecay = LearningRateDecay.none
        /// The epochs, warm-up included, at whose end it has fallen.
        public var learningRateDecayEpochs = 0
        /// The same in steps, where somebody knows how many an epoch has.
        public var learningRateDecaySteps = 0

        /// - Parameters:
        ///   - learningRate: above 0.
        ///   - l2: 0 for none.
        public init(learningRate: Double = 1e-3, l2: Double = 0) {
            self.learningRate = learningRate
            self.l2 = l2
        }

        /// The learning rate of a step, counted from 1.
        public func learningRate(at step: Int) -> Double {
            if step < warmupSteps { return learningRate * Double(step) / Double(warmupSteps) }
            guard learningRateDecay != .none, learningRateDecaySteps > warmupSteps else { return learningRate }
            return learningRate
                * learningRateDecay.factor(
                    at: Double(step - warmupSteps) / Double(learningRateDecaySteps - warmupSteps))
        }
    }

    let layout: ParameterLayout
    let settings: Settings
    let parameters: ParameterValues
    /// m, the running mean of the gradients.
    let first: ParameterValues
    /// v, the running mean of their squares.
    let second: ParameterValues
    let average: ParameterValues?

    /// - Parameters:
    ///   - settings: learning rate and L2.
    ///   - layout: that of `parameters`, `first` and `second`.
    ///   - parameters: what moves.
    ///   - first, second: the moments, zero before the first step.
    ///   - average: the moving average of the parameters; nil where there is none.
    public init(
        _ settings: Settings, _ layout: ParameterLayout, parameters: ParameterValues, first: ParameterValues,
        second: ParameterValues, average: ParameterValues? = nil
    ) {
        self.settings = settings
        self.layout = layout
        self.parameters = parameters
        self.first = first
        self.second = second
        self.average = average
    }

    /// Updates the parameters of `slice` by the mean of the gradients in `sum`.
    ///
    /// - Parameters:
    ///   - slice: what moves. The other ranks move the other slices.
    ///   - sum: the gradients, over `slice`.
    ///   - propagator: where the gradients of the tables are instead, for a model that propagates them.
    ///   - sampleCount: samples of the step over all ranks, at least 1.
    ///   - step: 1 for the first one.
    ///   - clipFactor: what the mean gradient is multiplied with, so that it is no longer than ``Settings/clipNorm``.
    /// - Returns: whether all gradients were finite numbers.
    @discardableResult
    public func update(
        _ slice: ParameterSlice, with sum: SliceSum, propagator: Propagator? = nil, sampleCount: Int, step: Int,
        clipFactor: Float = 1
    ) -> Bool {
        update(
            slice, with: sum, propagator: propagator, sampleCount: sampleCount, step: step, clipFactor: clipFactor,
            deferral: nil, settles: true)
    }

    /// The same where rows may wait for their steps.
    ///
    /// - Parameters:
    ///   - deferral: the rows that wait; nil: none does.
    ///   - settles: whether none waits behind this step.
    package func update(
        _ slice: ParameterSlice, with sum: SliceSum, propagator: Propagator? = nil, sampleCount: Int, step: Int,
        clipFactor: Float = 1, deferral: RowDeferral?, settles: Bool
    ) -> Bool {
        let scale = 1 / Float(sampleCount) * clipFactor
        let rate = settings.learningRate(at: step)
        let regularized = AdamStep(
            step: step, learningRate: rate, l2: settings.l2, weightDecay: settings.weightDecay)
        let plain = AdamStep(step: step, learningRate: rate, l2: 0)
        deferral?.begin(regularized: regularized, plain: plain, step: step)
        var isFinite = true
        for specification in layout.specifications {
            let constants = specification.isRegularized ? regularized : plain
            let parameterIsFinite =
                if let deferral, let tableIndex = specification.parameter.tableIndex,
                    let table = deferral.tables[tableIndex], deferral.isBehind || !settles
                {
                    updateDeferred(table, slice.rows[tableIndex], sum, constants, scale, deferral, settles: settles)
                } else if let propagator, specification.parameter.tableIndex != nil {
                    updatePropagatedTable(specification, slice, propagator, constants, scale)
                } else if specification.parameter.tableIndex != nil {
                    updateTable(specification, slice, sum, constants, scale)
                } else {
                    updateDense(specification.parameter, slice, sum, constants, scale)
                }
            isFinite = isFinite && parameterIsFinite
        }
        if let average { updateAverage(average, slice, step: step) }
        return isFinite
    }

    /// `average += (1 - d) (parameters - average)`, with `d = min(averaging, (step - 1) / (step + 9))`: the first average
    /// is of the first parameters, and the beginning is soon forgotten.
    func updateAverage(_ average: ParameterValues, _ slice: ParameterSlice, step: Int) {
        let share = Float(1 - min(settings.averaging, Double(step - 1) / Double(step + 9)))
        for specification in layout.specifications {
            let parameter = specification.parameter
            let range: Range<Int>
            if let tableIndex = parameter.tableIndex {
                let rows = slice.rows[tableIndex]
                range = rows.lowerBound * parameter.columns..<rows.upperBound * parameter.columns
            } else {
                let own = (parameter.offset..<parameter.offset + parameter.count).clamped(to: slice.dense)
                guard !own.isEmpty else { continue }
                range = own.lowerBound - parameter.offset..<own.upperBound - parameter.offset
            }
            Kernel.approach(
                parameters(parameter) + range.lowerBound, by: share, average(parameter) + range.lowerBound,
                count: range.count)
        }
    }

    private func updateDense(
        _ parameter: Parameter, _ slice: ParameterSlice, _ sum: SliceSum, _ constants: AdamStep, _ scale: Float
    ) -> Bool {
        let range = (parameter.offset..<parameter.offset + parameter.count).clamped(to: slice.dense)
        guard !range.isEmpty else { return true }
        var isFinite = true
        let origin = slice.dense.lowerBound
        let (values, m, v) = (parameters(parameter), first(parameter), second(parameter))
        sum.forEachDenseBlock(of: range.lowerBound - origin..<range.upperBound - origin) { offset, gradient, count in
            let start = offset + origin - parameter.offset
            let blockIsFinite = Kernel.adam(
                constants, gradient: gradient, scale: scale, parameters: values + start, first: m + start,
                second: v + start, count: count)
            isFinite = isFinite && blockIsFinite
        }
        return isFinite
    }

    /// Moves all rows of the slice at once: behind a propagation every row has a gradient.
    private func updatePropagatedTable(
        _ specification: ParameterSpecification, _ slice: ParameterSlice, _ propagator: Propagator,
        _ constants: AdamStep, _ scale: Float
    ) -> Bool {
        let parameter = specification.parameter
        guard let tableIndex = parameter.tableIndex else { return true }
        let rows = slice.rows[tableIndex]
        let firstRow = max(rows.lowerBound, specification.kind == .table(paddingRow: true) ? 1 : 0)
        let count = (rows.upperBound - firstRow) * parameter.columns
        guard count > 0 else { return true }
        let start = firstRow * parameter.columns
        return Kernel.adam(
            constants, gradient: propagator.gradient(of: parameter) + start, scale: scale,
            parameters: parameters(parameter) + start, first: first(parameter) + start,
            second: second(parameter) + start, count: count)
    }

    /// Moves all rows of the slice, those that no sample touches with a gradient of zero.
    private func updateTable(
        _ specification: ParameterSpecification, _ slice: ParameterSlice, _ sum: SliceSum, _ constants: AdamStep,
        _ scale: Float
    ) -> Bool {
        let parameter = specification.parameter
        // The sum may have rows that are not to be moved here.
        guard let tableIndex = parameter.tableIndex, !slice.rows[tableIndex].isEmpty else { return true }
        var isFinite = true
        let columns = parameter.columns
        let (values, m, v) = (parameters(parameter), first(parameter), second(parameter))
        let rows = slice.rows[tableIndex]
        let firstRow = max(rows.lowerBound, specification.kind == .table(paddingRow: true) ? 1 : 0)
        guard firstRow < rows.upperBound else { return true }
        sum.forEachBlock(of: firstRow..<rows.upperBound, inTable: tableIndex) { block in
            let start = block.rows.lowerBound * columns
            let blockIsFinite =
                if let gradients = block.sums {
                    Kernel.adam(
                        constants, gradients: gradients, scale: scale, parameters: values + start, first: m + start,
                        second: v + start, rows: block.rows.count, columns: columns)
                } else {
                    Kernel.adam(
                        constants, gradient: nil, scale: scale, parameters: values + start, first: m + start,
                        second: v + start, count: block.rows.count * columns)
                }
            isFinite = isFinite && blockIsFinite
        }
        return isFinite
    }
}
