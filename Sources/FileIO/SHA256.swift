/// The hash function SHA-256 (NIST FIPS 180-4), fed piece by piece.
///
///     var hash = SHA256()
///     hash.update(bytes)
///     print(hash.hexDigest)
///
/// Own code because a package for these hundred lines (swift-crypto) would add more than a minute to a fresh build.
public struct SHA256: Sendable {
    private var state = SHA256.initialState
    /// Bytes of the block that is not full yet.
    private var pending = InlineBlock()
    private var pendingCount = 0
    private var byteCount: UInt64 = 0

    /// The hash of the empty message, to which ``update(_:)`` adds.
    public init() {}

    /// The digest of `bytes` in hexadecimal.
    public static func hexDigest(of bytes: UnsafeRawBufferPointer) -> String {
        var hash = SHA256()
        hash.update(bytes)
        return hash.hexDigest
    }

    /// Adds `bytes` to the message. Allocates nothing.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        byteCount &+= UInt64(bytes.count)
        if pendingCount > 0 {
            let taken = rest.prefix(SHA256.blockSize - pendingCount)
            fillPending(with: taken)
            rest = rest.dropFirst(taken.count)
            guard pendingCount == SHA256.blockSize else { return }
            pending.withUnsafeBytes { block in SHA256.compress(block, into: &state) }
            pendingCount = 0
        }
        let whole = rest.prefix(rest.count / SHA256.blockSize * SHA256.blockSize)
        SHA256.compress(UnsafeRawBufferPointer(rebasing: whole), into: &state)
        fillPending(with: rest.dropFirst(whole.count))
    }

    /// Adds the elements of `values`, as their bytes in memory, to the message.
    public mutating func update<Element: BitwiseCopyable>(_ values: UnsafeBufferPointer<Element>) {
        update(UnsafeRawBufferPointer(values))
    }

    /// The 32 bytes of the digest of what was added so far. More can be added afterwards.
    public var digest: [UInt8] {
        var last = self
        last.appendPadding()
        return last.state.flatMap { word in
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) }
        }
    }

    /// ``digest`` as 64 hexadecimal digits.
    public var hexDigest: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    private mutating func fillPending(with bytes: Slice<UnsafeRawBufferPointer>) {
        let start = pendingCount
        pending.withUnsafeMutableBytes { block in
            UnsafeMutableRawBufferPointer(rebasing: block[start...]).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: bytes))
        }
        pendingCount += bytes.count
    }

    /// A bit 1, zeros, and the length of the message in bits as the last 8 bytes of a block (FIPS 180-4, 5.1.1).
    private mutating func appendPadding() {
        let length = byteCount &* 8
        let zeros = (2 * SHA256.blockSize - 9 - pendingCount) % SHA256.blockSize
        var padding = [0x80] + [UInt8](repeating: 0, count: zeros)
        for shift in stride(from: 56, through: 0, by: -8) {
            padding.append(UInt8(truncatingIfNeeded: length >> UInt64(shift)))
        }
        padding.withUnsafeBytes { update($0) }
    }
}
