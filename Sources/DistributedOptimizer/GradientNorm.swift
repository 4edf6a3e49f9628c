import Differentiation
import KernelCore

/// The square of the length of the gradient of a step, of parts that ranks have found each by itself: the same bits
/// however the parameters are divided.
///
/// Parts are sums over rows of tables and over lines of 16 numbers of the dense parameters, which no slice divides. They
/// are added as integers, in units of 2^-64, so that no order matters. What is longer than 2^32 counts as that long.
struct GradientNorm: BitwiseCopyable {
    private var sum: UInt128 = 0

    /// 0, the norm of no part.
    init() {}

    private static let unitExponent = 64

    /// Adds the squares of `count` numbers: those of one part.
    mutating func add(_ x: UnsafePointer<Float>, count: Int) {
        let part = Kernel.dot(x, x, count: count)
        guard part > 0 else { return }
        guard part.isFinite, part.exponent < Self.unitExponent else {
            sum = .max
            return
        }
        let shift = Int(part.exponent) - Float.significandBitCount + Self.unitExponent
        let digits = UInt128(part.significandBitPattern | 1 << UInt32(Float.significandBitCount))
        add(shift >= 0 ? digits << UInt128(shift) : digits >> UInt128(min(-shift, 127)))
    }

    /// Adds what another rank has found.
    mutating func add(_ other: GradientNorm) { add(other.sum) }

    private mutating func add(_ part: UInt128) {
        let (total, overflow) = sum.addingReportingOverflow(part)
        sum = overflow ? .max : total
    }

    /// Two words that ``init(words:)`` makes the same norm of.
    var words: [UInt64] { [UInt64(truncatingIfNeeded: sum >> 64), UInt64(truncatingIfNeeded: sum)] }

    /// The norm whose ``words`` these are.
    init(words: some Collection<UInt64>) { sum = words.reduce(0) { $0 << 64 | UInt128($1) } }

    /// What the mean gradient has to be multiplied with, so that it is no longer than `limit`.
    func factor(limit: Double, sampleCount: Int) -> Float {
        let length = (Double(sum) * 0x1p-64).squareRoot() / Double(sampleCount)
        return length > limit ? Float(limit / length) : 1
    }
}

extension Adam {
    /// The part of the norm that belongs to `slice`; arguments as of
    /// ``update(_:with:propagator:sampleCount:step:clipFactor:)``.
    func norm(_ slice: ParameterSlice, with sum: SliceSum, propagator: Propagator?) -> GradientNorm {
        let line = 16
        var norm = GradientNorm()
        sum.forEachDenseBlock(of: 0..<slice.dense.count) { _, gradient, count in
            for start in stride(from: 0, to: count, by: line) {
                norm.add(gradient + start, count: min(line, count - start))
            }
        }
        for specification in layout.tables {
            guard let tableIndex = specification.parameter.tableIndex else { continue }
            let columns = specification.parameter.columns
            let first = specification.kind == .table(paddingRow: true) ? 1 : 0
            if let propagator {
                let gradient = propagator.gradient(of: specification.parameter)
                let rows = slice.rows[tableIndex]
                for row in max(rows.lowerBound, first)..<max(rows.upperBound, first) {
                    norm.add(gradient + row * columns, count: columns)
                }
            } else {
                sum.forEachRow(tableIndex) { row, gradient in
                    if row >= first { norm.add(gradient, count: columns) }
                }
            }
        }
        return norm
    }
}
