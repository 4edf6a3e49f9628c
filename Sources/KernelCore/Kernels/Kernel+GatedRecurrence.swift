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
    /// How the sequences are walked.
    public let plan: RecurrencePlan
    /// Floats of a state, H.
    public let size: Int
    /// `[T, 4, size]`, time-major: r, z, n and `W_n h + b_n`.
    let gates: UnsafeMutablePointer<Float>
    /// `[T, size]`, time-major: the state before each step.
    let before: UnsafeMutablePointer<Float>

    /// Room for a forward and a backward pass over `plan` with states of `size` floats.
    public init(_ plan: RecurrencePlan, size: Int, in arena: Arena) {
        self.plan = plan
        self.size = size
        gates = arena.allocate(count: plan.sequences.total * 4 * size)
        before = arena.allocateZeroed(count: plan.sequences.total * size)
    }

    /// The states after the last rows.
    ///
    /// - Parameters:
    ///   - x: `[T, 3 size]`, bias: `[3 size]`.
    ///   - final: `[sequences, size]`, the state after the last row of each sequence; zero for an empty one.
    ///   - transposed: `[size, 3 size]`, the weight with columns as rows.
    ///   - states: `[T, size]`, gets the state after every row; nil: nobody asks for it.
    public func forward(
        x: UnsafePointer<Float>, transposed: MatrixView, bias: UnsafePointer<Float>,
        into final: UnsafeMutablePointer<Float>, states: UnsafeMutablePointer<Float>? = nil, scratch arena: Arena
    ) {
        let sequences = plan.sequences
        let hidden = arena.allocate(Float.self, count: sequences.count * 3 * size)
        for sequence in 0..<sequences.count where sequences.length(sequence) == 0 {
            Kernel.clear(final + sequence * size, count: size)
        }
        for time in 0..<plan.steps {
            let active = Int(plan.active[time])
            let first = Int(plan.timeOffsets[time])
            if time > 0 {
                Kernel.multiply(
                    MatrixView(before + first * size, rows: active, columns: size), transposed, into: hidden)
            } else {
                Kernel.clear(hidden, count: active * 3 * size)
            }
            for slot in 0..<active {
                let sequence = Int(plan.order[slot])
                let input = x + (sequences.start(sequence) + time) * 3 * size
                let recurrent = hidden + slot * 3 * size
                let state = before + (first + slot) * size
                let gate = gates + (first + slot) * 4 * size
                let isLast = sequences.length(sequence) == time + 1
                let next = isLast ? final + sequence * size : before + (Int(plan.timeOffsets[time + 1]) + slot) * size
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
                if let states {
                    (states + (sequences.start(sequence) + time) * size).update(from: next, count: size)
                }
            }
        }
    }

    /// Adds the derivatives to `dx`, `dweight` and `dbias`.
    ///
    /// - Parameters:
    ///   - dfinal: `[sequences, size]`, the gradient of the final states; nil: it is 0.
    ///   - dstates: `[T, size]`, that of the states after every row; nil: it is 0.
    public func backward(
        dfinal: UnsafePointer<Float>?, dstates: UnsafePointer<Float>? = nil, weight: UnsafePointer<Float>,
        dx: GradientSum, dweight: UnsafeMutablePointer<Float>, dbias: UnsafeMutablePointer<Float>, scratch arena: Arena
    ) {
        let sequences = plan.sequences
        let dstate = arena.allocate(Float.self, count: sequences.count * size)
        let dhidden = arena.allocate(Float.self, count: sequences.total * 3 * size)
        for slot in 0..<sequences.count {
            guard let dfinal else {
                Kernel.clear(dstate + slot * size, count: size)
                continue
            }
            (dstate + slot * size).update(from: dfinal + Int(plan.order[slot]) * size, count: size)
        }
        for time in stride(from: plan.steps - 1, through: 0, by: -1) {
            let active = Int(plan.active[time])
            let first = Int(plan.timeOffsets[time])
            for slot in 0..<active {
                let sequence = Int(plan.order[slot])
                let gradient = dstate + slot * size
                let state = before + (first + slot) * size
                let gate = gates + (first + slot) * 4 * size
                let recurrent = dhidden + (first + slot) * 3 * size
                let input = (sequences.start(sequence) + time) * 3 * size
                if let dstates {
                    let own = dstates + (sequences.start(sequence) + time) * size
                    Kernel.accumulate(own, into: gradient, count: size)
                }
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
                    dx.add(dr, input + index, lanes)
                    dx.add(dz, input + size + index, lanes)
                    dx.add(dn, input + 2 * size + index, lanes)
                    store(incoming * z, gradient, index, lanes)
                }
            }
            if time > 0 {
                Kernel.multiply(
                    MatrixView(dhidden + first * 3 * size, rows: active, columns: 3 * size),
                    MatrixView(weight, rows: 3 * size, columns: size), into: dstate, accumulate: true)
            }
        }
        guard plan.steps > 0 else { return }
        // At time 0 the state is zero, so those rows add nothing to the weights.
        let skipped = Int(plan.active[0])
        let rows = sequences.total - skipped
        Kernel.addTransposedProduct(
            MatrixView(dhidden + skipped * 3 * size, rows: rows, columns: 3 * size),
            MatrixView(before + skipped * size, rows: rows, columns: size), into: dweight)
        Kernel.addBiasBackward(dy: MatrixView(dhidden, rows: sequences.total, columns: 3 * size), dbias: dbias)
    }
}
