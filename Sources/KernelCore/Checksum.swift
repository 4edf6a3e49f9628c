internal import CVector

/// CRC-32C (Castagnoli), the checksum of iSCSI, ext4 and TensorBoard's event files (RFC 3720, appendix B.4).
///
///     var checksum = Checksum()
///     checksum.update(bytes)
///     checksum.value
public struct Checksum: Sendable {
    private var state = UInt32.max

    public init() {}

    /// Of all bytes so far.
    public var value: UInt32 { ~state }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        state = facet_crc32c(state, start, bytes.count)
    }

    /// The elements as they lie in memory.
    public mutating func update<Element: BitwiseCopyable>(_ elements: UnsafeBufferPointer<Element>) {
        update(UnsafeRawBufferPointer(elements))
    }

    /// The checksum of the elements of an array as they lie in memory.
    public static func of<Element: BitwiseCopyable>(_ elements: [Element]) -> UInt32 {
        var checksum = Checksum()
        elements.withUnsafeBytes { checksum.update($0) }
        return checksum.value
    }
}
