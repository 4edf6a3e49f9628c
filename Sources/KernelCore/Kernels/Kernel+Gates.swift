internal import CVector

/// Gates: products of one matrix with a function of another, element by element.
extension Kernel {
    /// `y[i] = x[i] sigmoid(x[i])`, SiLU (Elfwing et al. 2017).
    public static func sigmoidLinear(_ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int) {
        forEachVector(count) { index, lanes in
            let value = load(x, index, lanes)
            store(value * sigmoid(value), y, index, lanes)
        }
    }

    /// Adds `dy[i]` times the derivative of ``sigmoidLinear(_:into:count:)`` to `dx`.
    public static func sigmoidLinearBackward(
        _ x: UnsafePointer<Float>, dy: UnsafePointer<Float>, dx: GradientSum, count: Int
    ) {
        forEachVector(count) { index, lanes in
            let derivative = sigmoidLinearDerivative(load(x, index, lanes))
            dx.add(derivative, times: load(dy, index, lanes), index, lanes)
        }
    }

    /// The derivative of SiLU: `s (1 + x (1 - s))` with `s = sigmoid(x)`.
    @inline(__always)
    static func sigmoidLinearDerivative(_ x: Vector) -> Vector {
        let one = Vector(repeating: 1)
        let share = sigmoid(x)
        return share * (x * (one - share) + one)
    }

    /// `y[i] = SiLU(gate[i]) x[i]`, what SwiGLU does between its products (Shazeer 2020).
    public static func swiglu(
        gate: UnsafePointer<Float>, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int
    ) {
        forEachVector(count) { index, lanes in
            let value = load(gate, index, lanes)
            store(value * sigmoid(value) * load(x, index, lanes), y, index, lanes)
        }
    }

    /// Adds the derivatives of ``swiglu(gate:_:into:count:)``.
    public static func swigluBackward(
        gate: UnsafePointer<Float>, _ x: UnsafePointer<Float>, dy: UnsafePointer<Float>, dgate: GradientSum,
        dx: GradientSum, count: Int
    ) {
        forEachVector(count) { index, lanes in
            let (value, incoming) = (load(gate, index, lanes), load(dy, index, lanes))
            let passed = value * sigmoid(value)
            dx.add(passed, times: incoming, index, lanes)
            dgate.add(sigmoidLinearDerivative(value), times: incoming * load(x, index, lanes), index, lanes)
        }
    }

    /// `y[i] = x[i] + sigmoid(gate[i]) f[i]`, a gated residual.
    public static func gatedSum(
        _ x: UnsafePointer<Float>, gate: UnsafePointer<Float>, _ f: UnsafePointer<Float>,
        into y: UnsafeMutablePointer<Float>, count: Int
    ) {
        forEachVector(count) { index, lanes in
            let share = sigmoid(load(gate, index, lanes))
            store(share.multiplied(by: load(f, index, lanes), adding: load(x, index, lanes)), y, index, lanes)
        }
    }

    /// Adds the derivatives of ``gatedSum(_:gate:_:into:count:)``.
    public static func gatedSumBackward(
        gate: UnsafePointer<Float>, _ f: UnsafePointer<Float>, dy: UnsafePointer<Float>, dx: GradientSum,
        dgate: GradientSum, df: GradientSum, count: Int
    ) {
        forEachVector(count) { index, lanes in
            let (share, incoming) = (sigmoid(load(gate, index, lanes)), load(dy, index, lanes))
            dx.add(incoming, index, lanes)
            df.add(share, times: incoming, index, lanes)
            let derivative = share * (Vector(repeating: 1) - share)
            dgate.add(derivative, times: incoming * load(f, index, lanes), index, lanes)
        }
    }

    /// `y_i = sigmoid(gates[i]) x_i`, a gate for each row.
    ///
    /// - Parameters:
    ///   - x: `[rows, columns]`, `gates`: `[rows]`, `y`: of the shape of `x`.
    public static func gateRows(_ x: MatrixView, gates: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>) {
        for row in 0..<x.rows {
            let share = sigmoid(Vector(repeating: gates[row]))
            let (own, result) = (x.row(row), y + row * x.columns)
            forEachVector(x.columns) { index, lanes in store(share * load(own, index, lanes), result, index, lanes) }
        }
    }

    /// Adds the derivatives of ``gateRows(_:gates:into:)``: with the share s, `dx_i += s dy_i` and
    /// `dgates[i] += s (1 - s) <dy_i, x_i>`.
    public static func gateRowsBackward(
        _ x: MatrixView, gates: UnsafePointer<Float>, dy: UnsafePointer<Float>, dx: UnsafeMutablePointer<Float>,
        dgates: UnsafeMutablePointer<Float>
    ) {
        for row in 0..<x.rows {
            let share = sigmoid(Vector(repeating: gates[row]))[0]
            let incoming = dy + row * x.columns
            dgates[row] += share * (1 - share) * SmallProducts.dot(incoming, x.row(row), x.columns)
            SmallProducts.add(incoming, times: share, to: dx + row * x.columns, x.columns)
        }
    }
}
