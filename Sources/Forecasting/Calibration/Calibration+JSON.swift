import FileIO
import Glibc
import Training

extension Calibration {
    /// What the first member of a file says that holds a calibration.
    private static let format = "facet-calibration-1"

    static func logarithmicPart(of value: Double, from low: Double, to high: Double) -> Double {
        high > low ? log(value / low) / log(high / low) : 1
    }

    /// All of it: seconds, bytes, and counts.
    public var json: JSONValue {
        [
            "format": .string(Self.format),
            "machine": .string(machine),
            "ranks": .integer(ranks),
            "model": .string(model),
            "stage": .string(stage),
            "users": .integer(users),
            "items": .integer(items),
            "mean_history": .number(meanHistory),
            "history_deviation": .number(historyDeviation),
            "operations_of_mini_batch": .number(operations.fixed),
            "operations_of_sample": .number(operations.perSample),
            "steps": .array(
                steps.map {
                    [
                        "shards_of_rank": .integer($0.shards), "samples_of_shard": .number($0.samples),
                        "seconds": .number($0.seconds),
                    ]
                }),
            "adam": .array(adam.map { ["values": .integer($0.values), "seconds": .number($0.seconds)] }),
            "addition_bytes_per_second": .number(additionRate),
            "barrier_seconds": barrier.map { .number($0) } ?? .null,
            "network": network.map {
                [
                    "latency_seconds": .number($0.latency), "overhead_seconds": .number($0.overhead),
                    "seconds_per_byte": .number($0.secondsPerByte),
                ]
            } ?? .null,
        ]
    }

    /// The largest file that is read.
    private static let mostBytes = 1 << 20

    /// Reads what ``json`` was written to.
    ///
    /// - Throws: ``FileError`` where it cannot be read, ``TrainingError`` for another content.
    public init(readingFrom path: String) throws {
        let file = try OpenFile(path: path, access: .read)
        let size = try file.size()
        guard size <= Self.mostBytes else { throw Self.other(path, "\(size) bytes") }
        let json: JSONValue
        do { json = try JSONValue(parsing: try file.bytes(at: 0, count: size)) } catch let error as JSONError {
            throw Self.other(path, "\(error)")
        }
        guard case .string(Self.format)? = json["format"] else { throw Self.other(path, "no format \(Self.format)") }
        let reader = Reader(json: json, path: path)
        try self.init(reader)
    }

    private init(_ reader: Reader) throws(TrainingError) {
        let network: Network?
        if let part = reader.part("network") {
            network = Network(
                latency: try part.number("latency_seconds"), overhead: try part.number("overhead_seconds"),
                secondsPerByte: try part.number("seconds_per_byte"))
        } else {
            network = nil
        }
        var steps: [StepTimeFit.Point] = []
        for part in try reader.parts("steps") {
            steps.append(
                StepTimeFit.Point(
                    shards: try part.count("shards_of_rank"), samples: try part.number("samples_of_shard", above: 0),
                    seconds: try part.number("seconds", above: 0)))
        }
        var adam: [AdamPass] = []
        for part in try reader.parts("adam") {
            adam.append(AdamPass(values: try part.count("values"), seconds: try part.number("seconds", above: 0)))
        }
        self.init(
            machine: try reader.text("machine"), ranks: try reader.count("ranks"), model: try reader.text("model"),
            stage: try reader.text("stage"), users: try reader.count("users"), items: try reader.count("items"),
            meanHistory: try reader.number("mean_history"), historyDeviation: try reader.number("history_deviation"),
            steps: steps,
            operations: ModelShape.Line(
                fixed: try reader.number("operations_of_mini_batch"),
                perSample: try reader.number("operations_of_sample")),
            adam: adam.sorted { $0.values < $1.values },
            additionRate: try reader.number("addition_bytes_per_second", above: 0),
            barrier: reader.isNull("barrier_seconds") ? nil : try reader.number("barrier_seconds"), network: network)
    }

    private static func other(_ path: String, _ problem: String) -> TrainingError {
        TrainingError(
            .data, "\(path.printable(limit: 1_000)): no calibration: \(problem)",
            recoverySuggestion: "write one with trainer forecast --calibrate FILE")
    }

    /// Reads the members of an object, each of which must be there.
    private struct Reader {
        let json: JSONValue
        let path: String

        func part(_ key: String) -> Reader? {
            guard let value = json[key], value != .null else { return nil }
            return Reader(json: value, path: path)
        }

        func isNull(_ key: String) -> Bool { part(key) == nil }

        func parts(_ key: String) throws(TrainingError) -> [Reader] {
            guard case .array(let elements)? = json[key], !elements.isEmpty else {
                throw Calibration.other(path, "\(key) is no list")
            }
            return elements.map { Reader(json: $0, path: path) }
        }

        func number(_ key: String, above least: Double? = nil) throws(TrainingError) -> Double {
            let value: Double
            switch json[key] {
            case .integer(let whole)?: value = Double(whole)
            case .number(let number)?: value = number
            default: throw Calibration.other(path, "\(key) is no number")
            }
            guard value.isFinite, value >= 0, least.map({ value > $0 }) ?? true else {
                throw Calibration.other(path, "\(key) is \(value)")
            }
            return value
        }

        func count(_ key: String) throws(TrainingError) -> Int {
            guard case .integer(let value)? = json[key], value > 0 else {
                throw Calibration.other(path, "\(key) is no count")
            }
            return value
        }

        func text(_ key: String) throws(TrainingError) -> String {
            guard case .string(let text)? = json[key] else { throw Calibration.other(path, "\(key) is no text") }
            return text
        }
    }
}
