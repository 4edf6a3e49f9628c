import FileIO
import KernelCore

/// A record of an event file of TensorBoard: a message `Event` in the framing of TFRecord.
///
///     length, 8 bytes | checksum of these, 4 bytes | the message | its checksum, 4 bytes
///
/// Numbers are little-endian. A checksum is the CRC-32C, rotated and added to, so that the checksum of data that has
/// checksums in it is not special: `((crc >> 15) | (crc << 17)) + 0xa282ead8`.
enum EventRecord {
    /// Fields of `Event`, `Summary`, `Summary.Value`, `HistogramProto` and `SessionLog` in TensorBoard's
    /// `event.proto` and `summary.proto`.
    enum Field {
        static let wallTime: UInt64 = 1
        static let step: UInt64 = 2
        static let fileVersion: UInt64 = 3
        static let summary: UInt64 = 5
        static let sessionLog: UInt64 = 7
        static let value: UInt64 = 1
        static let tag: UInt64 = 1
        static let simpleValue: UInt64 = 2
        static let histogram: UInt64 = 5
        static let status: UInt64 = 1
    }

    /// `SessionLog.START`: readers forget what they know of its step and of later ones.
    static let start = 1

    /// The record of a message.
    static func bytes(of message: ProtobufMessage) -> [UInt8] {
        var result = littleEndian(UInt64(message.bytes.count))
        result += littleEndian(maskedChecksum(result))
        result += message.bytes
        result += littleEndian(maskedChecksum(message.bytes))
        return result
    }

    private static func maskedChecksum(_ bytes: [UInt8]) -> UInt32 {
        let checksum = Checksum.of(bytes)
        return (checksum >> 15 | checksum << 17) &+ 0xa282_ead8
    }

    private static func littleEndian(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }

    private static func number(_ bytes: some BidirectionalCollection<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// How much of a file is of steps up to one.
    struct Extent: Equatable {
        /// Bytes of the whole records before the first one that is of a later step, or broken.
        var end = 0
        /// The step of the last summary among them; nil: there is none.
        var lastStep: Int?
    }

    /// The records of a file that are whole and not of a step beyond `step`.
    static func extent(of file: borrowing OpenFile, upTo step: Int) throws(FileError) -> Extent {
        var result = Extent()
        let size = try file.size()
        while size - result.end >= 16 {
            let head = try file.bytes(at: result.end, count: 12)
            guard head.count == 12, number(head[8...]) == UInt64(maskedChecksum(Array(head[..<8]))) else { break }
            let length = number(head[..<8])
            guard length <= UInt64(size - result.end - 16) else { break }
            let body = try file.bytes(at: result.end + 12, count: Int(length) + 4)
            guard body.count == Int(length) + 4 else { break }
            let message = Array(body[..<Int(length)])
            guard number(body[Int(length)...]) == UInt64(maskedChecksum(message)) else { break }
            let event = Self.event(message)
            guard event.step <= step else { break }
            if event.hasSummary { result.lastStep = event.step }
            result.end += 16 + Int(length)
        }
        return result
    }

    /// The step of an event that this program has written, and whether it has a summary.
    private static func event(_ message: [UInt8]) -> (step: Int, hasSummary: Bool) {
        var (step, hasSummary) = (0, false)
        var rest = message[...]
        func varint() -> UInt64? {
            var result: UInt64 = 0
            for shift in stride(from: UInt64(0), to: 64, by: 7) {
                guard let byte = rest.popFirst() else { return nil }
                result |= UInt64(byte & 0x7F) << shift
                if byte < 0x80 { return result }
            }
            return nil
        }
        while let tag = varint() {
            switch tag & 7 {
            case 0:
                guard let value = varint() else { return (step, hasSummary) }
                if tag >> 3 == Field.step { step = Int(truncatingIfNeeded: value) }
            case 1: rest = rest.dropFirst(8)
            case 2:
                if tag >> 3 == Field.summary { hasSummary = true }
                guard let length = varint(), length <= UInt64(rest.count) else { return (step, hasSummary) }
                rest = rest.dropFirst(Int(length))
            case 5: rest = rest.dropFirst(4)
            default: return (step, hasSummary)
            }
        }
        return (step, hasSummary)
    }
}
