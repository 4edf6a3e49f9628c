/// Numbers in the text format of Prometheus, version 0.0.4, as node exporter's textfile collector reads it.
///
///     # HELP facet_training_epoch Epoch that is trained or was evaluated last.
///     # TYPE facet_training_epoch gauge
///     facet_training_epoch{run="runs/games"} 3
///
/// <https://prometheus.io/docs/instrumenting/exposition_formats/>
struct MetricsText {
    /// The first bytes of every such text.
    static let beginning = "# HELP facet_"

    /// What tells the values of this training from those of another one on the same machine.
    private let labels: [(name: String, value: String)]
    private(set) var text = ""

    /// - Parameter labels: of all values; names as Prometheus allows them.
    init(labels: [(name: String, value: String)]) { self.labels = labels }

    /// Adds a metric with one value: a counter where its name ends in `_total`, as names do by convention, otherwise a
    /// gauge. Without a value, nothing.
    mutating func add(_ name: String, _ help: String, _ value: Double?) {
        guard let value else { return }
        add(name, help, [([], value)])
    }

    /// Adds a metric with values that have labels of their own; without values, nothing.
    mutating func add(
        _ name: String, _ help: String,
        _ values: [(labels: [(name: String, value: String)], value: Double)]
    ) {
        guard !values.isEmpty else { return }
        text += "# HELP facet_\(name) \(Self.escaped(help, quotes: false))\n# TYPE facet_\(name) "
        text += name.hasSuffix("_total") ? "counter\n" : "gauge\n"
        for (own, value) in values {
            let pairs = (labels + own).map { "\($0.name)=\"\(Self.escaped($0.value, quotes: true))\"" }
            text += "facet_\(name){\(pairs.joined(separator: ","))} \(Self.text(of: value))\n"
        }
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    private static func text(of value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        // Whole numbers as people write them: a step, seconds since 1970.
        return value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : value.description
    }
}
