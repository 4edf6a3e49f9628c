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

    /// Fills some rows of a parameter, a pure function of the seed and the parameter's name and shape.
    ///
    /// - Parameters:
    ///   - values: the first value of the parameter, wherever the rows begin.
    ///   - part: the rows that are filled; the others are not touched.
    func fill(
        _ values: UnsafeMutablePointer<Float>, rows: Int, columns: Int, part: Range<Int>, name: String, seed: UInt64
    ) {
        let count = rows * columns
        let range = part.lowerBound * columns..<part.upperBound * columns
        var stream = RandomStream(
            seed: seed, purpose: .initialization, iteration: 0, element: Self.element(ofName: name))
        switch self {
        case .constant(let value):
            for index in range { values[index] = value }
        case .normal(let deviation):
            // Box and Muller: two normal numbers from two uniform ones. A pair may begin before the rows.
            let start = range.lowerBound - range.lowerBound % 2
            stream.seek(toWord: start)
            for index in stride(from: start, to: range.upperBound, by: 2) {
                let radius = (-2 * log(1 - Double(stream.nextUniform()))).squareRoot()
                let angle = 2 * Double.pi * Double(stream.nextUniform())
                if range.contains(index) { values[index] = deviation * Float(radius * cos(angle)) }
                if range.contains(index + 1) { values[index + 1] = deviation * Float(radius * sin(angle)) }
            }
        case .uniform(let bound):
            stream.seek(toWord: range.lowerBound)
            for index in range { values[index] = bound * (2 * stream.nextUniform() - 1) }
        case .values(let known):
            precondition(known.count == count, "\(name): \(known.count) values for \(count)")
            for index in range { values[index] = known[index] }
        case .xavierUniform:
            let bound = (6 / Float(rows + columns)).squareRoot()
            stream.seek(toWord: range.lowerBound)
            for index in range { values[index] = bound * (2 * stream.nextUniform() - 1) }
        }
    }

    /// FNV-1a of the name, so that adding a parameter to a model leaves the others' values as they are.
    private static func element(ofName name: String) -> UInt32 {
        name.utf8.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
    }
}
