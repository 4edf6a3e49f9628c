/// A type that an option of one word or number has.
public protocol OptionValue: Sendable, Equatable {
    /// What a text should have been, for messages: `a number`.
    static var optionKind: String { get }
    /// Nil where the text does not read as a value.
    init?(optionText: String)
    /// The text that reads as the value.
    var optionText: String { get }
}

extension String: OptionValue {
    public static var optionKind: String { "a text" }
    public init?(optionText: String) { self = optionText }
    public var optionText: String { self }
}

/// Options that are on or off are `1` and `0` on command lines, `true` and `false` in files; both read both.
extension Bool: OptionValue {
    public static var optionKind: String { "0 or 1" }
    public init?(optionText: String) {
        switch optionText.lowercased() {
        case "1", "true", "yes", "on": self = true
        case "0", "false", "no", "off": self = false
        default: return nil
        }
    }
    public var optionText: String { self ? "true" : "false" }
}

extension OptionValue where Self: FixedWidthInteger {
    public static var optionKind: String { "a whole number in its range" }
    public init?(optionText: String) { self.init(optionText, radix: 10) }
    public var optionText: String { String(self) }
}

extension Int: OptionValue {}
extension UInt64: OptionValue {}

extension OptionValue where Self: BinaryFloatingPoint & LosslessStringConvertible {
    public static var optionKind: String { "a number" }
    public init?(optionText: String) {
        switch optionText {
        case ".inf", "+.inf": self = .infinity
        case "-.inf": self = -.infinity
        case ".nan": self = .nan
        default: self.init(optionText)
        }
    }
    /// The shortest decimal that reads back as the same number, in the number syntax of YAML: `1.0e-06`.
    public var optionText: String {
        guard isFinite else { return isNaN ? ".nan" : self > 0 ? ".inf" : "-.inf" }
        let text = description
        guard let exponent = text.firstIndex(of: "e"), !text.contains(".") else { return text }
        return text[..<exponent] + ".0" + text[exponent...]
    }
}

extension Float: OptionValue {}
extension Double: OptionValue {}

/// One of a few words.
extension OptionValue where Self: RawRepresentable & CaseIterable, RawValue == String {
    public static var optionKind: String {
        let words = allCases.map(\.rawValue)
        return words.count == 1
            ? words[0] : words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "nothing")
    }
    public init?(optionText: String) { self.init(rawValue: optionText) }
    public var optionText: String { rawValue }
}

/// Whole numbers with commas between them: `5,10,20`.
extension Array: OptionValue where Element == Int {
    public static var optionKind: String { "whole numbers with commas between them" }
    public init?(optionText: String) {
        let parts = optionText.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard !parts.contains(nil) else { return nil }
        self = parts.compactMap { $0 }
    }
    public var optionText: String { map(String.init).joined(separator: ",") }
}
