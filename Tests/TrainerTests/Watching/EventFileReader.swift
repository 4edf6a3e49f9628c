import Foundation

/// Reads event files of TensorBoard by their specification alone, apart from the code that writes them.
struct EventFileReader {
    struct Histogram: Equatable {
        var minimum = 0.0
        var maximum = 0.0
        var count = 0.0
        var sum = 0.0
        var sumOfSquares = 0.0
        var limits: [Double] = []
        var counts: [Double] = []
    }

    struct Event {
        var wallTime = 0.0
        var step = 0
        var version: String?
        /// Of a session log: 1 says that a training goes on from the step.
        var status: Int?
        var scalars: [String: Float] = [:]
        var histograms: [String: Histogram] = [:]
        /// Values of the summary; as many as there are tags if no tag is there twice.
        var valueCount = 0
    }

    struct Damage: Error { let reason: String }

    /// The events of each file in a folder, in the order in which TensorBoard reads them.
    static func files(in folder: String) throws -> [[Event]] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.contains("tfevents") }
        return try names.sorted().map { name in
            try events(in: [UInt8](Data(contentsOf: URL(filePath: folder + "/" + name))))
        }
    }

    /// The events with values, over all files.
    static func summaries(in folder: String) throws -> [Event] {
        try files(in: folder).joined().filter { $0.valueCount > 0 }
    }

    /// The framing of TFRecord: every record whole, its checksums right.
    static func events(in bytes: [UInt8]) throws -> [Event] {
        var events: [Event] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let head = Array(try take(8, from: &rest))
            guard number(head) <= UInt64(rest.count), number(try take(4, from: &rest)) == masked(head) else {
                throw Damage(reason: "length of record \(events.count)")
            }
            let message = Array(try take(Int(number(head)), from: &rest))
            guard number(try take(4, from: &rest)) == masked(message) else {
                throw Damage(reason: "record \(events.count)")
            }
            events.append(try event(message))
        }
        return events
    }

    private static func take(_ count: Int, from rest: inout ArraySlice<UInt8>) throws -> ArraySlice<UInt8> {
        guard rest.count >= count else { throw Damage(reason: "the end is missing") }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    private static func number(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.enumerated().reduce(0) { $0 + UInt64($1.element) << (8 * UInt64($1.offset)) }
    }

    private static func masked(_ bytes: [UInt8]) -> UInt64 {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
        }
        crc = ~crc
        return UInt64((crc >> 15 | crc << 17) &+ 0xA282_EAD8)
    }

    /// The fields of a message by number: varints and fixed numbers as bits, everything else as bytes.
    private static func fields(_ bytes: some Sequence<UInt8>) throws -> [(number: Int, bits: UInt64, bytes: [UInt8])] {
        var rest = Array(bytes)[...]
        func varint() throws -> UInt64 {
            var (value, shift): (UInt64, UInt64) = (0, 0)
            while true {
                guard let byte = try take(1, from: &rest).first, shift < 64 else { throw Damage(reason: "a varint") }
                value |= UInt64(byte & 0x7F) << shift
                if byte < 0x80 { return value }
                shift += 7
            }
        }
        var result: [(number: Int, bits: UInt64, bytes: [UInt8])] = []
        while !rest.isEmpty {
            let tag = try varint()
            switch tag & 7 {
            case 0: result.append((Int(tag >> 3), try varint(), []))
            case 1: result.append((Int(tag >> 3), number(try take(8, from: &rest)), []))
            case 2: result.append((Int(tag >> 3), 0, Array(try take(Int(try varint()), from: &rest))))
            case 5: result.append((Int(tag >> 3), number(try take(4, from: &rest)), []))
            default: throw Damage(reason: "wire type \(tag & 7)")
            }
        }
        return result
    }

    private static func event(_ message: [UInt8]) throws -> Event {
        var event = Event()
        for field in try fields(message) {
            switch field.number {
            case 1: event.wallTime = Double(bitPattern: field.bits)
            case 2: event.step = Int(Int64(bitPattern: field.bits))
            case 3: event.version = String(decoding: field.bytes, as: UTF8.self)
            case 5: for value in try fields(field.bytes) { try add(value.bytes, to: &event) }
            case 7: event.status = try fields(field.bytes).first { $0.number == 1 }.map { Int($0.bits) }
            default: throw Damage(reason: "field \(field.number) of an event")
            }
        }
        return event
    }

    private static func add(_ value: [UInt8], to event: inout Event) throws {
        var tag = ""
        for field in try fields(value) {
            switch field.number {
            case 1: tag = String(decoding: field.bytes, as: UTF8.self)
            case 2: event.scalars[tag] = Float(bitPattern: UInt32(field.bits))
            case 5: event.histograms[tag] = try histogram(field.bytes)
            default: throw Damage(reason: "field \(field.number) of a value")
            }
        }
        event.valueCount += 1
    }

    private static func histogram(_ message: [UInt8]) throws -> Histogram {
        var result = Histogram()
        for field in try fields(message) {
            let numbers = stride(from: 0, to: field.bytes.count, by: 8).map {
                Double(bitPattern: number(field.bytes[$0..<$0 + 8]))
            }
            switch field.number {
            case 1: result.minimum = Double(bitPattern: field.bits)
            case 2: result.maximum = Double(bitPattern: field.bits)
            case 3: result.count = Double(bitPattern: field.bits)
            case 4: result.sum = Double(bitPattern: field.bits)
            case 5: result.sumOfSquares = Double(bitPattern: field.bits)
            case 6: result.limits = numbers
            case 7: result.counts = numbers
            default: throw Damage(reason: "field \(field.number) of a histogram")
            }
        }
        return result
    }
}
