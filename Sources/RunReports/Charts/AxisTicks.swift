import Reporting

/// Round numbers along an axis, and where the axis begins and ends.
package struct AxisTicks: Sendable, Equatable {
    /// What the axis shows; the ticks lie in it.
    package let range: ClosedRange<Double>
    /// Multiples of 1, 2 or 5 times a power of ten, rising.
    package let values: [Double]
    private let step: Double

    /// Not more than about `count` ticks within a range, which is widened where it is empty.
    ///
    /// - Parameter isWhole: whether only whole numbers are ticks, such as epochs.
    package init(_ range: ClosedRange<Double>, count: Int, isWhole: Bool = false) {
        var (low, high) = (range.lowerBound, range.upperBound)
        if high - low <= abs(high) * 1e-9 {
            let room = low == 0 ? 1 : abs(low) * 0.1
            (low, high) = (low - room, high + room)
        }
        var step = Self.roundStep((high - low) / Double(max(count, 1)))
        if isWhole { step = max(step.rounded(.up), 1) }
        let (first, last) = ((low / step).rounded(.up), (high / step).rounded(.down))
        self.range = low...high
        self.step = step
        // A multiple of the step, not a sum of steps: 0.30000000000000004 is no round number.
        values = first <= last ? stride(from: first, through: last, by: 1).map { $0 * step } : []
    }

    /// The smallest of 1, 2 and 5 times a power of ten that is not below `rough`.
    private static func roundStep(_ rough: Double) -> Double {
        var power = 1.0
        while power * 10 <= rough { power *= 10 }
        while power > rough { power /= 10 }
        return [1, 2, 5].map { $0 * power }.first { $0 >= rough * 0.999 } ?? 10 * power
    }

    /// A tick with as many decimals as the step needs.
    package func text(_ value: Double) -> String {
        if step >= 1, abs(value) < 1e15 { return NumberText.grouped(Int(value.rounded())) }
        var (decimals, scaled) = (0, step)
        while scaled < 0.999, decimals < 9 { (decimals, scaled) = (decimals + 1, scaled * 10) }
        return NumberText.fixed(value, decimals: decimals)
    }
}
