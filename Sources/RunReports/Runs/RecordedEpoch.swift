import FileIO

/// A line of `metrics.jsonl`.
struct RecordedEpoch: Sendable, Equatable {
    /// From 1.
    let epoch: Int
    /// The mean over the samples of the epoch; nil where the line does not have it.
    let loss: Double?
    /// Seconds of the steps.
    let seconds: Double?
    /// Of all ranks.
    let samplesPerSecond: Double?
    /// On dev, in the order of the file; empty without dev rows.
    let metrics: [Metric]
    /// The line itself, for what only some trainings write.
    let line: JSONValue

    /// A metric by its name, `NDCG@10`.
    struct Metric: Sendable, Equatable {
        let name: String
        let value: Double
    }

    /// Nil for what is no object with an epoch.
    init?(_ line: JSONValue) {
        guard case .integer(let epoch)? = line["epoch"], epoch > 0 else { return nil }
        self.epoch = epoch
        loss = line["train_loss"]?.finite
        seconds = line["seconds"]?.finite
        samplesPerSecond = line["samples_per_second"]?.finite
        metrics = Metric.all(in: line["dev"])
        self.line = line
    }

    /// The value of a metric on dev.
    func metric(_ name: String) -> Double? { metrics.first { $0.name == name }?.value }
}

extension RecordedEpoch.Metric {
    /// The numbers of an object; empty for anything else.
    static func all(in object: JSONValue?) -> [RecordedEpoch.Metric] {
        guard case .object(let members)? = object else { return [] }
        return members.compactMap { member in
            member.value.finite.map { RecordedEpoch.Metric(name: member.key, value: $0) }
        }
    }
}

extension JSONValue {
    /// The value of a finite number.
    var finite: Double? {
        switch self {
        case .number(let value) where value.isFinite: value
        case .integer(let value): Double(value)
        default: nil
        }
    }

    /// A whole number.
    var whole: Int? { if case .integer(let value) = self { value } else { nil } }

    /// The text of a string.
    var text: String? { if case .string(let text) = self { text } else { nil } }

    /// The numbers of an array; nil where it holds anything else.
    var numbers: [Double]? {
        guard case .array(let elements) = self else { return nil }
        let found = elements.compactMap(\.finite)
        return found.count == elements.count ? found : nil
    }
}
