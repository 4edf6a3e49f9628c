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

    /// The checksum of bytes with the checksum `first`, followed by `count` bytes with the checksum `second`.
    ///
    /// A checksum is a polynomial over GF(2), modulo that of CRC-32C: that of the first bytes is multiplied by `x^(8 count)`.
    public static func combined(_ first: UInt32, _ second: UInt32, count: Int) -> UInt32 {
        multiplied(first, powerOfX(8 * count)) ^ second
    }

    /// `x^exponent`, the bit of the highest power first.
    private static func powerOfX(_ exponent: Int) -> UInt32 {
        var result: UInt32 = 1 << 31
        var square: UInt32 = 1 << 30
        var rest = exponent
        while rest > 0 {
            if rest & 1 == 1 { result = multiplied(result, square) }
            square = multiplied(square, square)
            rest >>= 1
        }
        return result
    }

    /// The product of two polynomials, modulo that of CRC-32C.
    private static func multiplied(_ a: UInt32, _ b: UInt32) -> UInt32 {
        let polynomial: UInt32 = 0x82F6_3B78
        var (product, a, b) = (UInt32(0), a, b)
        while a != 0 {
            if a & 1 << 31 != 0 { product ^= b }
            a <<= 1
            b = b & 1 == 0 ? b >> 1 : b >> 1 ^ polynomial
        }
        return product
    }

    /// The checksum of the elements of an array as they lie in memory.
    public static func of<Element: BitwiseCopyable>(_ elements: [Element]) -> UInt32 {
        var checksum = Checksum()
        elements.withUnsafeBytes { checksum.update($0) }
        return checksum.value
    }
}
