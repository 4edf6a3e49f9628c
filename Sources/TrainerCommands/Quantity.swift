import ArgumentParser

/// A number with a unit, as on a command line: `25gbit`, `5us`, `64GB`.
protocol Quantity: ExpressibleByArgument {
    /// What a unit stands for, by its name in lower case.
    static var units: [(name: String, factor: Double)] { get }
    init(value: Double)
}

extension Quantity {
    /// nil for a text that is no number with a unit, or nothing above `least`.
    static func parse(_ text: String, above least: Double) -> Double? {
        let lowered = text.lowercased()
        // The longest name that fits: `gib` before `b`.
        let fitting = units.filter { lowered.hasSuffix($0.name) }.max { $0.name.count < $1.name.count }
        guard let unit = fitting, let number = Double(lowered.dropLast(unit.name.count)) else { return nil }
        let value = number * unit.factor
        return value.isFinite && value > least ? value : nil
    }
}

/// The speed of a link, in the words of tc: `25gbit`, `100mbit`. In bits a second.
struct LinkRate: Quantity {
    static let units = [("kbit", 1e3), ("mbit", 1e6), ("gbit", 1e9)].map { (name: $0.0, factor: $0.1) }
    let value: Double
    init(value: Double) { self.value = value }
    init?(argument: String) {
        guard let value = Self.parse(argument, above: 0) else { return nil }
        self.init(value: value)
    }
}

/// A time: `5us`, `0.1ms`. In seconds.
struct TimeSpan: Quantity {
    static let units = [("ns", 1e-9), ("us", 1e-6), ("ms", 1e-3), ("s", 1)].map { (name: $0.0, factor: $0.1) }
    let value: Double
    init(value: Double) { self.value = value }
    init?(argument: String) {
        guard let value = Self.parse(argument, above: -1e-12), value >= 0 else { return nil }
        self.init(value: value)
    }
}

/// A size of memory: `64GB`, `128GiB`. In bytes.
struct MemorySize: Quantity {
    static let units = [
        ("mb", 1e6), ("gb", 1e9), ("tb", 1e12), ("mib", 1_048_576), ("gib", 1_073_741_824), ("tib", 1_099_511_627_776),
    ].map { (name: $0.0, factor: $0.1) }
    let value: Double
    init(value: Double) { self.value = value }
    init?(argument: String) {
        guard let value = Self.parse(argument, above: 0) else { return nil }
        self.init(value: value)
    }
}

/// Numbers with commas between them.
struct NumberList: ExpressibleByArgument {
    let numbers: [Int]
    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Int($0) }
        guard numbers.count == parts.count else { return nil }
        self.numbers = numbers
    }
}
