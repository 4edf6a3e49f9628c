internal import CVector

/// The recurrence of a gated recurrent unit over packed sequences (Cho et al. 2014, in the form of cuDNN with two
/// biases, gates in the order r, z, n):
///
///     r = sigmoid(x_r + W_r h + b_r)
///     z = sigmoid(x_z + W_z h + b_z)
///     n = tanh(x_n + r * (W_n h + b_n))
///     h' = (1 - z) n + z h,      h_0 = 0
///
/// `x` is the projected input `W_i e + b_i`, made by one product for all rows beforehand.
public struct GatedRecurrence: BitwiseCopyable {
    public let plan: RecurrencePlan
    public let size: Int
    /// `[T, 4, size]`, time-major: r, z, n and `W_n h + b_n`.
    let gates: UnsafeMutablePointer<Float>
    /// `[T, size]`, time-major: the state before each step.
    let before: UnsafeMutablePointer<Float>

    /// Room for a forward and a backward pass over `plan` with states of `size` floats.
    public init(_ plan: RecurrencePlan, size: Int, in arena: Arena) {
        self.plan = plan
        self.size = size
        gates = arena.allocate(count: plan.segments.total * 4 * size)
        before = arena.allocateZeroed(count: plan.segments.total * size)
    }

    /// - Parameters:
    ///   - x: `[T, 3 size]`, weight: `[3 size, size]`, bias: `[3 size]`.
    ///   - final: `[segments, size]`, the state after the last row of each segment; zero for an empty one.
    public func forward(
        x: UnsafePointer<Float>, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>,
        into final: UnsafeMutablePointer<Float>, scratch arena: Arena
    ) {
        let segments = plan.segments
        let hidden = arena.allocate(Float.self, count: segments.count * 3 * size)
        let transposed = Kernel.transposed(weight, rows: 3 * size, columns: size, in: arena)
        for segment in 0..<segments.count where segments.length(segment) == 0 {
            Kernel.clear(final + segment * size, count: size)
        }
        for time in 0..<plan.steps {
            let active = Int(plan.active[time])
            let first = Int(plan.timeOffsets[time])
            if time > 0 {
                Kernel.multiply(
                    before + first * size, transposed, into: hidden, rows: active, inputs: size, outputs: 3 * size)
            } else {
                Kernel.clear(hidden, count: active * 3 * size)
            }
            for place in 0..<active {
                let segment = Int(plan.order[place])
                let input = x + (segments.start(segment) + time) * 3 * size
                let recurrent = hidden + place * 3 * size
                let state = before + (first + place) * size
                let gate = gates + (first + place) * 4 * size
                let isLast = segments.length(segment) == time + 1
                let next = isLast ? final + segment * size : before + (Int(plan.timeOffsets[time + 1]) + place) * size
                forEachVector(size) { index, lanes in
                    let r = sigmoid(
                        load(input, index, lanes) + load(recurrent, index, lanes) + load(bias, index, lanes))
                    let z = sigmoid(
                        load(input, size + index, lanes) + load(recurrent, size + index, lanes)
                            + load(bias, size + index, lanes))
                    let c = load(recurrent, 2 * size + index, lanes) + load(bias, 2 * size + index, lanes)
                    let n = hyperbolicTangent(r.multiplied(by: c, adding: load(input, 2 * size + index, lanes)))
                    let h = load(state, index, lanes)
                    store(r, gate, index, lanes)
                    store(z, gate, size + index, lanes)
                    store(n, gate, 2 * size + index, lanes)
                    store(c, gate, 3 * size + index, lanes)
                    store(z.multiplied(by: h - n, adding: n), next, index, lanes)
                }
            }
        }
    }

    /// Adds the derivatives to `dx`, `dweight` and `dbias`.
    ///
    /// - Parameter dfinal: `[segments, size]`, the gradient of the final states.
    public func backward(
        dfinal: UnsafePointer<Float>, weight: UnsafePointer<Float>, dx: UnsafeMutablePointer<Float>,
        dweight: UnsafeMutablePointer<Float>, dbias: UnsafeMutablePointer<Float>, scratch arena: Arena
    ) {
        let segments = plan.segments
        let dstate = arena.allocate(Float.self, count: segments.count * size)
        let dhidden = arena.allocate(Float.self, count: segments.total * 3 * size)
        for place in 0..<segments.count {
            (dstate + place * size).update(from: dfinal + Int(plan.order[place]) * size, count: size)
        }
        for time in stride(from: plan.steps - 1, through: 0, by: -1) {
            let active = Int(plan.active[time])
            let first = Int(plan.timeOffsets[time])
            for place in 0..<active {
                let segment = Int(plan.order[place])
                let gradient = dstate + place * size
                let state = before + (first + place) * size
                let gate = gates + (first + place) * 4 * size
                let recurrent = dhidden + (first + place) * 3 * size
                let input = dx + (segments.start(segment) + time) * 3 * size
                forEachVector(size) { index, lanes in
                    let one = Vector(repeating: 1)
                    let incoming = load(gradient, index, lanes)
                    let r = load(gate, index, lanes)
                    let z = load(gate, size + index, lanes)
                    let n = load(gate, 2 * size + index, lanes)
                    let c = load(gate, 3 * size + index, lanes)
                    let dn = incoming * (one - z) * (one - n * n)
                    let dz = incoming * (load(state, index, lanes) - n) * z * (one - z)
                    let dr = dn * c * r * (one - r)
                    store(dr, recurrent, index, lanes)
                    store(dz, recurrent, size + index, lanes)
                    store(dn * r, recurrent, 2 * size + index, lanes)
                    store(load(input, index, lanes) + dr, input, index, lanes)
                    store(load(input, size + index, lanes) + dz, input, size + index, lanes)
                    store(load(input, 2 * size + index, lanes) + dn, input, 2 * size + index, lanes)
                    store(incoming * z, gradient, index, lanes)
                }
            }
            if time > 0 {
                Kernel.multiply(
                    dhidden + first * 3 * size, weight, into: dstate, rows: active, inputs: 3 * size, outputs: size,
                    accumulate: true)
            }
        }
        guard plan.steps > 0 else { return }
        // At time 0 the state is zero, so those rows add nothing to the weights.
        let skipped = Int(plan.active[0])
        Kernel.addTransposedProduct(
            dhidden + skipped * 3 * size, before + skipped * size, into: dweight, rows: segments.total - skipped,
            inputs: size, outputs: 3 * size)
        Kernel.addBiasBackward(dy: dhidden, dbias: dbias, rows: segments.total, columns: 3 * size)
    }
}
