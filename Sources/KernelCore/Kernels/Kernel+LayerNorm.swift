internal import CVector

/// What layer normalisation keeps for its backward pass.
public struct LayerNormStatistics: BitwiseCopyable {
    /// `[rows, columns]`, n of the formula.
    let normalized: UnsafeMutablePointer<Float>
    /// `[rows]`, `1 / sqrt(var(s) + 1e-5)`.
    let inverseDeviation: UnsafeMutablePointer<Float>

    /// - Parameters:
    ///   - normalized: room for `[rows, columns]`; inverseDeviation: for `[rows]`.
    public init(normalized: UnsafeMutablePointer<Float>, inverseDeviation: UnsafeMutablePointer<Float>) {
        self.normalized = normalized
        self.inverseDeviation = inverseDeviation
    }
}

/// Layer normalisation with a residual (Ba et al. 2016):
///
///     s = x + residual,   n = (s - mean(s)) / sqrt(var(s) + 1e-5),   y = n * weight + bias
///
/// The variance is the biased one, taken over the columns of a row.
extension Kernel {
    /// `y`, of the shape of `x`.
    ///
    /// - Parameters:
    ///   - residual: of the shape of `x`; nil: 0. weight, bias: a number for each column.
    ///   - statistics: kept for the backward pass.
    public static func layerNorm(
        _ x: MatrixView, residual: UnsafePointer<Float>?, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>,
        keeping statistics: LayerNormStatistics, into y: UnsafeMutablePointer<Float>
    ) {
        let columns = x.columns
        let (normalized, inverseDeviation) = (statistics.normalized, statistics.inverseDeviation)
        let scale = 1 / Float(columns)
        for row in 0..<x.rows {
            let offset = row * columns
            let sum = normalized + offset
            var total = Vector(repeating: 0)
            forEachVector(columns) { index, lanes in
                var value = load(x.start + offset, index, lanes)
                if let residual { value += load(residual + offset, index, lanes) }
                store(value, sum, index, lanes)
                total += value
            }
            let mean = total.total * scale
            var squares: Float = 0
            var squareTotal = Vector(repeating: 0)
            forEachVector(columns) { index, lanes in
                let centred = load(sum, index, lanes) - Vector(repeating: mean)
                if lanes == Vector.scalarCount {
                    squareTotal = centred.multiplied(by: centred, adding: squareTotal)
                } else {
                    for lane in 0..<lanes { squares += centred[lane] * centred[lane] }
                }
            }
            let inverse = 1 / ((squareTotal.total + squares) * scale + 1e-5).squareRoot()
            inverseDeviation[row] = inverse
            forEachVector(columns) { index, lanes in
                let value = (load(sum, index, lanes) - Vector(repeating: mean)) * Vector(repeating: inverse)
                store(value, sum, index, lanes)
                store(
                    value.multiplied(by: load(weight, index, lanes), adding: load(bias, index, lanes)),
                    y + offset, index, lanes)
            }
        }
    }

    /// Adds the derivatives to `dx`, `dresidual` where there is a residual, `dweight` and `dbias`.
    public static func layerNormBackward(
        _ statistics: LayerNormStatistics, weight: UnsafePointer<Float>, dy: MatrixView,
        dx: GradientSum, dresidual: GradientSum?,
        dweight: UnsafeMutablePointer<Float>, dbias: UnsafeMutablePointer<Float>
    ) {
        let columns = dy.columns
        let (normalized, inverseDeviation) = (statistics.normalized, statistics.inverseDeviation)
        let scale = 1 / Float(columns)
        for row in 0..<dy.rows {
            let offset = row * columns
            var sum = Vector(repeating: 0)
            var product = Vector(repeating: 0)
            forEachVector(columns) { index, lanes in
                let incoming = load(dy.start + offset, index, lanes)
                let value = load(normalized + offset, index, lanes)
                store(
                    incoming.multiplied(by: value, adding: load(dweight, index, lanes)), dweight, index, lanes)
                store(load(dbias, index, lanes) + incoming, dbias, index, lanes)
                let gradient = incoming * load(weight, index, lanes)
                sum += gradient
                product = gradient.multiplied(by: value, adding: product)
            }
            let mean = Vector(repeating: sum.total * scale)
            let correlation = Vector(repeating: product.total * scale)
            let inverse = Vector(repeating: inverseDeviation[row])
            forEachVector(columns) { index, lanes in
                let gradient = load(dy.start + offset, index, lanes) * load(weight, index, lanes)
                let centred = gradient - mean - load(normalized + offset, index, lanes) * correlation
                let change = centred * inverse
                dx.add(change, offset + index, lanes)
                dresidual?.add(change, offset + index, lanes)
            }
        }
    }
}
