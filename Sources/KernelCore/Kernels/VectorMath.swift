internal import CVector

/// `exp(x)`, within 1.3 units in the last place over -87.3...88.3; 0 below, `exp(88.3)` (2.2e38) above, and not a number
/// for what is none.
///
///     x = n ln 2 + r,  |r| <= ln 2 / 2,  exp(x) = 2^n exp(r)
///
/// with the degree-5 minimax polynomial of Cephes' `expf` for `exp(r)`.
@inline(__always)
func exponential(_ x: Vector) -> Vector {
    let bounded = facet_clamp(x, -87.3, 88.3)
    let n = facet_rint(bounded * Vector(repeating: 1.442_695_04))
    return facet_where_not_below(x, -87.3, exponential(bounded, n))
}

/// `exp(x)` of what is not positive, with the same bits: nothing is too large, and what is too small is 0 in any case.
@inline(__always)
func exponential(notPositive x: Vector) -> Vector {
    let n = facet_rint(x * Vector(repeating: 1.442_695_04))
    return facet_where_not_below(x, -87.3, exponential(x, n))
}

/// `2^n exp(x - n ln 2)`.
@inline(__always)
private func exponential(_ x: Vector, _ n: Vector) -> Vector {
    let high = n.multiplied(by: Vector(repeating: -0.693_359_375), adding: x)
    let r = n.multiplied(by: Vector(repeating: 2.121_944_4e-4), adding: high)
    var p = Vector(repeating: 1.987_569_15e-4)
    p = p.multiplied(by: r, adding: Vector(repeating: 1.398_199_95e-3))
    p = p.multiplied(by: r, adding: Vector(repeating: 8.333_451_9e-3))
    p = p.multiplied(by: r, adding: Vector(repeating: 4.166_579_6e-2))
    p = p.multiplied(by: r, adding: Vector(repeating: 1.666_666_55e-1))
    p = p.multiplied(by: r, adding: Vector(repeating: 5.000_000_1e-1))
    return facet_scale(p.multiplied(by: r * r, adding: r + Vector(repeating: 1)), n)
}

/// `1 / (1 + exp(-x))`.
@inline(__always)
func sigmoid(_ x: Vector) -> Vector {
    Vector(repeating: 1) / (Vector(repeating: 1) + exponential(-x))
}

/// `tanh(x)`, within 3 units in the last place; not a number for what is none.
///
/// Cephes' odd polynomial below 0.625, `1 - 2 / (exp(2x) + 1)` beyond.
@inline(__always)
func hyperbolicTangent(_ x: Vector) -> Vector {
    let far = Vector(repeating: 1) - Vector(repeating: 2) / (exponential(x + x) + Vector(repeating: 1))
    let square = x * x
    var p = Vector(repeating: -5.704_988_72e-3)
    p = p.multiplied(by: square, adding: Vector(repeating: 2.063_908_88e-2))
    p = p.multiplied(by: square, adding: Vector(repeating: -5.373_971_54e-2))
    p = p.multiplied(by: square, adding: Vector(repeating: 1.333_144_18e-1))
    p = p.multiplied(by: square, adding: Vector(repeating: -3.333_328_2e-1))
    let near = (p * square).multiplied(by: x, adding: x)
    return facet_select_below(facet_abs(x), 0.625, near, far)
}

/// `ln(x)` of normal positive numbers, by the polynomial of Cephes' `logf`.
@inline(__always)
func logarithm(_ x: Vector) -> Vector {
    let n = facet_exponent(x)
    let f = facet_scale(x, -n) - Vector(repeating: 1)
    let square = f * f
    var p = Vector(repeating: 7.037_683_6e-2)
    p = p.multiplied(by: f, adding: Vector(repeating: -1.151_461_03e-1))
    p = p.multiplied(by: f, adding: Vector(repeating: 1.167_699_87e-1))
    p = p.multiplied(by: f, adding: Vector(repeating: -1.242_014_08e-1))
    p = p.multiplied(by: f, adding: Vector(repeating: 1.424_932_28e-1))
    p = p.multiplied(by: f, adding: Vector(repeating: -1.666_805_77e-1))
    p = p.multiplied(by: f, adding: Vector(repeating: 2.000_071_48e-1))
    p = p.multiplied(by: f, adding: Vector(repeating: -2.499_999_40e-1))
    p = p.multiplied(by: f, adding: Vector(repeating: 3.333_333_12e-1))
    let small = (p * f - Vector(repeating: 0.5)).multiplied(by: square, adding: f)
    return n.multiplied(by: Vector(repeating: 0.693_147_18), adding: small)
}

extension Kernel {
    /// `y[i] = exp(x[i])` over `count` elements; `x` and `y` may be the same.
    public static func exponential(
        _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int
    ) {
        forEachVector(count) { index, lanes in store(KernelCore.exponential(load(x, index, lanes)), y, index, lanes) }
    }

    /// `y[i] = tanh(x[i])`; `x` and `y` may be the same.
    public static func hyperbolicTangent(
        _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int
    ) {
        forEachVector(count) { index, lanes in
            store(KernelCore.hyperbolicTangent(load(x, index, lanes)), y, index, lanes)
        }
    }

    /// `dx[i] += dy[i] (1 - y[i]^2)`, the derivative of `y = tanh(x)`.
    public static func hyperbolicTangentBackward(
        y: UnsafePointer<Float>, dy: UnsafePointer<Float>, dx: GradientSum, count: Int
    ) {
        forEachVector(count) { index, lanes in
            let value = load(y, index, lanes)
            let derivative = Vector(repeating: 1) - value * value
            dx.add(derivative, times: load(dy, index, lanes), index, lanes)
        }
    }
}
