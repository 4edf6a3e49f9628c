internal import CVector

/// What there is to say about many numbers without their order.
public struct ValueStatistics: BitwiseCopyable, Sendable, Equatable {
    /// The smallest number; infinite for none.
    public var minimum = Float.infinity
    /// The largest number; infinite for none.
    public var maximum = -Float.infinity
    /// The sum.
    public var sum = 0.0
    /// The sum of the squares.
    public var sumOfSquares = 0.0
    /// How many there are.
    public var count = 0

    /// Of no numbers.
    public init() {}

    /// Whether all numbers are finite, and their squares too.
    public var isFinite: Bool { sumOfSquares.isFinite && sum.isFinite }
}

/// Measures of parameters: what a training tells about itself.
extension Kernel {
    /// Floats that are added to each other in single precision, before the sum goes on in double precision.
    private static let statisticsBlock = 4096

    /// Minimum, maximum, sum and sum of squares in one pass, in an order that depends on `count` alone.
    public static func statistics(_ values: UnsafePointer<Float>, count: Int) -> ValueStatistics {
        var result = ValueStatistics()
        guard count > 0 else { return result }
        var largest = Vector(repeating: values[0])
        var smallestNegated = Vector(repeating: -values[0])
        var start = 0
        while start < count {
            let block = values + start
            var sum = Vector(repeating: 0)
            var squares = Vector(repeating: 0)
            forEachVector(min(count - start, statisticsBlock)) { index, lanes in
                let x = load(block, index, lanes)
                let known = lanes == Vector.scalarCount ? x : load(block, index, lanes, rest: values[0])
                largest = facet_max(largest, known)
                smallestNegated = facet_max(smallestNegated, Vector(repeating: 0) - known)
                sum += x
                squares = x.multiplied(by: x, adding: squares)
            }
            result.sum += Double(sum.total)
            result.sumOfSquares += Double(squares.total)
            start += statisticsBlock
        }
        result.maximum = facet_largest(largest)
        result.minimum = -facet_largest(smallestNegated)
        result.count = count
        return result
    }

    /// Counts numbers in bins of one width.
    ///
    /// - Parameters:
    ///   - values: finite numbers, of which none is below `lowest`.
    ///   - perUnit: bins for each 1 on the axis. What is beyond the last bin counts for that one.
    ///   - counts: one for each bin, to which is added.
    public static func countInBins(
        _ values: UnsafePointer<Float>, count: Int, lowest: Float, perUnit: Float,
        counts: UnsafeMutableBufferPointer<Int32>
    ) {
        guard let bins = counts.baseAddress, !counts.isEmpty else { return }
        let last = Float(counts.count - 1)
        for index in 0..<count {
            let position = (values[index] - lowest) * perUnit
            bins[Int(Int32(max(min(position, last), 0)))] += 1
        }
    }
}
