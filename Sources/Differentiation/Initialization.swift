import Glibc
import KernelCore

/// How the values of a parameter are drawn before training.
public enum Initialization: Sendable, Equatable {
    /// Every value is the same.
    case constant(Float)
    /// N(0, deviation^2).
    case normal(deviation: Float)
    /// Uniform over -bound...bound.
    case uniform(bound: Float)
    /// Uniform over +-sqrt(6 / (rows + columns)) (Glorot and Bengio 2010).
    case xavierUniform
    /// Known values, row by row; as many as the parameter has.
    case values([Float])

    /// Fills `values`, a pure function of the seed and the parameter's name and shape.
    func fill(
        _ values: UnsafeMutablePointer<Float>, rows: Int, columns: Int, name: String, seed: UInt64
    ) {
        let count = rows * columns
        var stream = RandomStream(
            seed: seed, purpose: .initialization, iteration: 0, element: Self.element(ofName: name))
        switch self {
        case .constant(let value):
            for index in 0..<count { values[index] = value }
        case .normal(let deviation):
            // Box and Muller: two normal numbers from two uniform ones.
            for index in stride(from: 0, to: count, by: 2) {
                let radius = (-2 * log(1 - Double(stream.nextUniform()))).squareRoot()
                let angle = 2 * Double.pi * Double(stream.nextUniform())
                values[index] = deviation * Float(radius * cos(angle))
                if index + 1 < count { values[index + 1] = deviation * Float(radius * sin(angle)) }
            }
        case .uniform(let bound):
            for index in 0..<count { values[index] = bound * (2 * stream.nextUniform() - 1) }
        case .values(let known):
            precondition(known.count == count, "\(name): \(known.count) values for \(count)")
            values.update(from: known, count: count)
        case .xavierUniform:
            let bound = (6 / Float(rows + columns)).squareRoot()
            for index in 0..<count { values[index] = bound * (2 * stream.nextUniform() - 1) }
        }
    }

    /// FNV-1a of the name, so that adding a parameter to a model leaves the others' values as they are.
    private static func element(ofName name: String) -> UInt32 {
        name.utf8.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
    }
}
