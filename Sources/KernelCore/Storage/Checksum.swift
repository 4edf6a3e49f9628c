internal import CVector

/// CRC-32C (Castagnoli), the checksum of iSCSI, ext4 and TensorBoard's event files (RFC 3720, appendix B.4).
///
///     var checksum = Checksum()
///     checksum.update(bytes)
///     checksum.value
public struct Checksum: Sendable {
    private var state = UInt32.max

    /// Of no bytes yet.
    public init() {}

    /// Of all bytes so far.
    public var value: UInt32 { ~state }

    /// Three blocks are worked on at a time: short enough for the cache next to the processor, long enough that putting
    /// their checksums together does not count.
    private static let blockLength = 4096

    /// What so many zeros make of each byte of a checksum in the making: the rest is their exclusive or, since a
    /// checksum is linear in its bits.
    private static let shift: [UInt32] = {
        let zeros = [UInt8](repeating: 0, count: blockLength)
        return (0..<4).flatMap { index in
            (0..<256).map { byte in facet_crc32c(UInt32(byte) << (8 * UInt32(index)), zeros, blockLength) }
        }
    }()

    /// Adds bytes behind those so far.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard var next = bytes.baseAddress else { return }
        var count = bytes.count
        if count >= 3 * Self.blockLength {
            state = Self.shift.withUnsafeBufferPointer { shift in
                var state = state
                while count >= 3 * Self.blockLength {
                    state = facet_crc32c_of_three(state, next, Self.blockLength, shift.baseAddress!)
                    next += 3 * Self.blockLength
                    count -= 3 * Self.blockLength
                }
                return state
            }
        }
        state = facet_crc32c(state, next, count)
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
