import Glibc

/// What makes the length of an interest one below 1 (Sabour et al. 2017), with a power p:
///
///     v = r^p z / sqrt(|z|^2 + 1e-9),     r = |z|^2 / (1 + |z|^2)
///
/// Short vectors nearly vanish where p is 1; the smaller p, the more of them is left.
struct Squashing {
    /// p, above 0.
    let power: Float
    private static let epsilon: Float = 1e-9

    /// `v`, of `width` floats.
    @inline(__always)
    func callAsFunction(_ z: UnsafePointer<Float>, into v: UnsafeMutablePointer<Float>, _ width: Int) {
        let square = SmallProducts.dot(z, z, width)
        let factor = Vector(repeating: factor(square))
        forEachVector(width) { index, lanes in store(load(z, index, lanes) * factor, v, index, lanes) }
    }

    /// The derivative in place: with v = g(|z|^2) z, `dz = g dv + 2 g' <dv, z> z`.
    @inline(__always)
    func backward(_ z: UnsafePointer<Float>, _ gradient: UnsafeMutablePointer<Float>, _ width: Int) {
        let square = SmallProducts.dot(z, z, width)
        let (factor, derivative) = derivative(square)
        let along = Vector(repeating: 2 * derivative * SmallProducts.dot(gradient, z, width))
        let across = Vector(repeating: factor)
        forEachVector(width) { index, lanes in
            store(
                along.multiplied(by: load(z, index, lanes), adding: across * load(gradient, index, lanes)), gradient,
                index, lanes)
        }
    }

    /// g of the square of the length.
    @inline(__always)
    private func factor(_ square: Float) -> Float {
        guard power != 1 else { return square / ((1 + square) * (square + Self.epsilon).squareRoot()) }
        return pow(square / (1 + square), power) / (square + Self.epsilon).squareRoot()
    }

    /// g and g'.
    @inline(__always)
    private func derivative(_ square: Float) -> (factor: Float, derivative: Float) {
        let root = (square + Self.epsilon).squareRoot()
        let ratio = square / (1 + square)
        guard power != 1 else {
            let derivative = (1 / ((1 + square) * (1 + square)) - ratio / (2 * (square + Self.epsilon))) / root
            return (ratio / root, derivative)
        }
        // Of the zero vector, g' may be infinite, and what it is multiplied with is 0.
        guard square > 0 else { return (0, 0) }
        let share = pow(ratio, power)
        // d r / d |z|^2 = r / (|z|^2 (1 + |z|^2)).
        return (share / root, share * (power / (square * (1 + square)) - 1 / (2 * (square + Self.epsilon))) / root)
    }
}
