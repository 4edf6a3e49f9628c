import FileIO

/// What TensorBoard shows of an epoch: numbers under tags, and histograms.
///
/// The part of a tag before the first `/` is the group in which it is shown.
struct EpochSummary {
    /// How often numbers are in ranges that follow each other.
    struct Histogram {
        let minimum: Double
        let maximum: Double
        let count: Int
        let sum: Double
        let sumOfSquares: Double
        /// The upper ends of the ranges; the last one is the largest number.
        let limits: [Double]
        /// Numbers in each range.
        let counts: [Double]
    }

    /// The number of the last step of the epoch.
    let step: Int
    private(set) var scalars: [(tag: String, value: Float)] = []
    private(set) var histograms: [(tag: String, value: Histogram)] = []

    /// The numbers of a line of `metrics.jsonl`.
    init(line: JSONValue) {
        step = Self.step(of: line)
        add("loss/train", line["train_loss"])
        add("learning_rate", line["learning_rate"])
        add("samples_per_second", line["samples_per_second"])
        add("seconds", line["seconds"])
        addMembers("dev/", line["dev"])
        let interests = line["interests"]
        add("interests/entropy", interests?["entropy"])
        add("interests/cosine", interests?["cosine"])
        if case .array(let shares)? = interests?["shares"] {
            for (index, share) in shares.enumerated() { add("interests/share_\(index + 1)", share) }
        }
        addMembers("phase_seconds/", line["phase_seconds"])
    }

    /// The step of a line of `metrics.jsonl`; 0 where it has none.
    static func step(of line: JSONValue) -> Int {
        if case .integer(let step)? = line["step"] { step } else { 0 }
    }

    private mutating func add(_ tag: String, _ value: JSONValue?) {
        switch value {
        case .number(let value): add(tag, value)
        case .integer(let value): add(tag, Double(value))
        default: break
        }
    }

    private mutating func addMembers(_ group: String, _ value: JSONValue?) {
        guard case .object(let members)? = value else { return }
        for member in members { add(group + member.key, member.value) }
    }

    /// Adds a number.
    mutating func add(_ tag: String, _ value: Double) { scalars.append((tag, Float(value))) }

    /// Adds a histogram.
    mutating func add(_ tag: String, _ histogram: Histogram) { histograms.append((tag, histogram)) }

    /// The event with all of it: one record, which is there or not.
    func event(wallTime: Double) -> ProtobufMessage {
        typealias Field = EventRecord.Field
        var summary = ProtobufMessage()
        for (tag, number) in scalars {
            var value = ProtobufMessage()
            value.add(Field.tag, tag)
            value.add(Field.simpleValue, number)
            summary.add(Field.value, value)
        }
        for (tag, histogram) in histograms {
            var value = ProtobufMessage()
            value.add(Field.tag, tag)
            value.add(Field.histogram, histogram.message)
            summary.add(Field.value, value)
        }
        var event = ProtobufMessage()
        event.add(Field.wallTime, wallTime)
        event.add(Field.step, step)
        event.add(Field.summary, summary)
        return event
    }
}

extension EpochSummary.Histogram {
    /// `HistogramProto`.
    fileprivate var message: ProtobufMessage {
        var message = ProtobufMessage()
        for (index, value) in [minimum, maximum, Double(count), sum, sumOfSquares].enumerated() {
            message.add(UInt64(index + 1), value)
        }
        message.add(6, limits)
        message.add(7, counts)
        return message
    }
}
