/// The bytes of a message of Protocol Buffers, field by field: those kinds of fields that event files have.
///
/// <https://protobuf.dev/programming-guides/encoding/>
struct ProtobufMessage {
    private(set) var bytes: [UInt8] = []

    private enum WireType: UInt64 {
        case varint = 0
        case fixed64 = 1
        case lengthDelimited = 2
        case fixed32 = 5
    }

    private mutating func add(tag field: UInt64, _ type: WireType) { add(varint: field << 3 | type.rawValue) }

    private mutating func add(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private mutating func add(bits: some FixedWidthInteger) {
        withUnsafeBytes(of: bits.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// `int64`, `uint64` or an enumeration.
    mutating func add(_ field: UInt64, _ value: Int) {
        add(tag: field, .varint)
        add(varint: UInt64(bitPattern: Int64(value)))
    }

    /// `double`.
    mutating func add(_ field: UInt64, _ value: Double) {
        add(tag: field, .fixed64)
        add(bits: value.bitPattern)
    }

    /// `float`.
    mutating func add(_ field: UInt64, _ value: Float) {
        add(tag: field, .fixed32)
        add(bits: value.bitPattern)
    }

    /// `repeated double`, packed.
    mutating func add(_ field: UInt64, _ values: [Double]) {
        add(tag: field, .lengthDelimited)
        add(varint: UInt64(values.count * 8))
        for value in values { add(bits: value.bitPattern) }
    }

    /// `string`.
    mutating func add(_ field: UInt64, _ text: String) { add(field, bytes: Array(text.utf8)) }

    /// A message.
    mutating func add(_ field: UInt64, _ message: ProtobufMessage) { add(field, bytes: message.bytes) }

    private mutating func add(_ field: UInt64, bytes content: [UInt8]) {
        add(tag: field, .lengthDelimited)
        add(varint: UInt64(content.count))
        bytes.append(contentsOf: content)
    }
}
