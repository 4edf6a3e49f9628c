/// The values that an option can have, of those that its type can have.
public struct ValueRange<Value: OptionValue>: Sendable {
    /// For a help text: `1 to 64`; empty where every value is one.
    let text: String
    /// What is wrong with a value, as the rest of a sentence that begins with the option: `is 0`; nil for a good one.
    let problem: @Sendable (Value) -> (rest: String, recoverySuggestion: String)?

    /// - Parameters:
    ///   - text: for a help text, such as `1 to 64`.
    ///   - problem: the rest of a sentence that begins with the option, and what to do; nil for a good value.
    public init(_ text: String, problem: @escaping @Sendable (Value) -> (rest: String, recoverySuggestion: String)?) {
        self.text = text
        self.problem = problem
    }

    /// Every value of the type.
    public static var any: Self { Self("") { _ in nil } }
}

extension ValueRange where Value: FixedWidthInteger {
    /// The numbers of a range.
    public static func within(_ range: ClosedRange<Value>) -> Self {
        Self(range.upperBound == .max ? "from \(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)") {
            range.contains($0)
                ? nil : (rest: "is \($0)", recoverySuggestion: "choose \(range.lowerBound) to \(range.upperBound)")
        }
    }
}

extension ValueRange where Value: BinaryFloatingPoint {
    /// Finite numbers above 0, subnormal ones excepted.
    public static func aboveZero(_ recoverySuggestion: String) -> Self {
        Self("above 0") {
            $0 >= .leastNormalMagnitude && $0.isFinite
                ? nil : (rest: "is \($0), it must be above 0", recoverySuggestion: recoverySuggestion)
        }
    }

    /// Finite numbers from 0 on.
    public static var fromZero: Self {
        Self("from 0") {
            $0 >= 0 && $0.isFinite
                ? nil : (rest: "is \($0), it must not be below 0", recoverySuggestion: "0 turns it off")
        }
    }

    /// Finite numbers from `bound` on.
    public static func atLeast(_ bound: Value, _ recoverySuggestion: String) -> Self {
        Self("at least \(bound)") {
            $0 >= bound && $0.isFinite
                ? nil : (rest: "is \($0), at least \(bound) is needed", recoverySuggestion: recoverySuggestion)
        }
    }

    /// Numbers of a range without its end.
    public static func within(_ range: Range<Value>, _ recoverySuggestion: String) -> Self {
        Self("\(short(range.lowerBound)) to below \(short(range.upperBound))") {
            range.contains($0) ? nil : (rest: "is \($0)", recoverySuggestion: recoverySuggestion)
        }
    }

    private static func short(_ bound: Value) -> String {
        bound.rounded() == bound ? "\(Int(bound))" : "\(bound)"
    }
}
