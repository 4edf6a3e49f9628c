import FileIO
import Glibc
import KernelCore

/// An option that a search chooses the value of.
package struct SearchParameter: Equatable, Sendable {
    /// The values that it can have.
    package enum Domain: Equatable, Sendable {
        /// One of a few texts, each equally likely.
        case choices([String])
        /// A number between two others, each equally likely.
        case uniform(Double, Double)
        /// A number whose logarithm is uniform.
        case logUniform(Double, Double)
        /// A whole number from one to another, both included, each equally likely.
        case integer(Int, Int)
        /// A whole number whose logarithm is uniform before it is rounded.
        case logInteger(Int, Int)
    }

    /// The name of the option, without dashes.
    package let name: String
    /// The values that it can have.
    package let domain: Domain
    /// Line of the file, from 1.
    package let line: Int

    /// - Parameters:
    ///   - name: of the option, without dashes.
    ///   - domain: the values that it can have; both ends of a range are finite and in their order.
    ///   - line: of the file, from 1.
    package init(name: String, domain: Domain, line: Int) {
        self.name = name
        self.domain = domain
        self.line = line
    }

    /// The choices, where there are only so many; nil for a range of numbers.
    package var choices: [String]? {
        if case .choices(let values) = domain { values } else { nil }
    }

    /// Values that stand for all that can be drawn, to be looked at before anything is trained: the choices, or both ends.
    package var examples: [String] {
        switch domain {
        case .choices(let values): values
        case .uniform(let low, let high), .logUniform(let low, let high): [low, high].map(Self.text)
        case .integer(let low, let high), .logInteger(let low, let high): [String(low), String(high)]
        }
    }

    /// The numbers of one trial's value of this option, whatever other options there are.
    ///
    /// - Parameters:
    ///   - seed: of the search.
    ///   - trial: from 0.
    package func stream(seed: UInt64, trial: Int) -> RandomStream {
        RandomStream(
            seed: seed, purpose: .hyperparameters, iteration: UInt32(truncatingIfNeeded: trial),
            element: Self.element(ofName: name))
    }

    /// Draws a value.
    ///
    /// Numbers are rounded to four significant digits, so that a command line can say all of them, and so that the last
    /// bits of a logarithm, which differ between machines, decide about nothing.
    package func draw(_ stream: inout RandomStream) -> String {
        switch domain {
        case .choices(let values):
            return values[Int(stream.next(below: UInt32(values.count)))]
        case .uniform(let low, let high):
            return Self.text(Self.rounded(low + Self.unit(&stream) * (high - low), low, high))
        case .logUniform(let low, let high):
            let exponent = log(low) + Self.unit(&stream) * (log(high) - log(low))
            return Self.text(Self.rounded(exp(exponent), low, high))
        case .integer(let low, let high):
            return String(low + Int(stream.next(below: UInt32(high - low + 1))))
        case .logInteger(let low, let high):
            // From half below to half above, so that the ends are as likely as their neighbours.
            let (first, last) = (log(Double(low) - 0.5), log(Double(high) + 0.5))
            let value = exp(first + Self.unit(&stream) * (last - first)).rounded()
            return String(min(max(Int(value), low), high))
        }
    }

    /// A number in [0, 1) with 53 random bits.
    private static func unit(_ stream: inout RandomStream) -> Double { Double(stream.next() >> 11) * 0x1p-53 }

    private static func rounded(_ value: Double, _ low: Double, _ high: Double) -> Double {
        guard value != 0 else { return min(max(0, low), high) }
        let scale = pow(10, 3 - floor(log10(abs(value))))
        let rounded = scale.isFinite && scale > 0 ? (value * scale).rounded() / scale : value
        return min(max(rounded, low), high)
    }

    /// The shortest decimal that reads back as the same number.
    static func text(_ value: Double) -> String {
        let text = "\(value)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    /// FNV-1a of the bytes of a name.
    private static func element(ofName name: String) -> UInt32 {
        name.utf8.reduce(0x811C_9DC5) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
    }
}
