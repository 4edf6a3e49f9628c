import KernelCore
import Testing

@Suite struct ChecksumTests {
    /// RFC 3720, appendix B.4, and the check value of the algorithm's catalogue entry.
    @Test(
        arguments: [
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA), ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            ((0..<32).map { UInt8($0) }, 0x46DD_794E), (Array("123456789".utf8), 0xE306_9283), ([], 0),
        ] as [([UInt8], UInt32)])
    func `known checksums are right`(bytes: [UInt8], expected: UInt32) {
        #expect(Checksum.of(bytes) == expected)
    }

    /// Bit by bit, as the polynomial is defined.
    private static func reference(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        ~bytes.reduce(UInt32.max) { state, byte in
            (0..<8).reduce(state ^ UInt32(byte)) { state, _ in state >> 1 ^ (state & 1 == 0 ? 0 : 0x82F6_3B78) }
        }
    }

    @Test func `long inputs, which are taken apart, have the right checksum`() {
        let bytes = (0..<40_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3 ^ $0) }
        for (start, count) in [(0, 12_287), (0, 12_288), (1, 12_289), (3, 24_583), (7, 39_993)] {
            let part = bytes[start..<start + count]
            var checksum = Checksum()
            part.withUnsafeBytes { checksum.update($0) }
            #expect(checksum.value == Self.reference(part), "\(count) bytes from \(start) on")
        }
    }

    @Test(arguments: [0, 1, 3, 64, 4095, 100_000])
    func `the checksums of two parts give that of both`(count: Int) {
        let first = (0..<777).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let second = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0 &+ 7) }
        let combined = Checksum.combined(Checksum.of(first), Checksum.of(second), count: count)
        #expect(combined == Checksum.of(first + second))
        #expect(Checksum.combined(0, Checksum.of(second), count: count) == Checksum.of(second))
    }

    @Test func `pieces have the checksum of the whole`() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 37) }
        for cut in [1, 7, 8, 9, 500, 999] {
            var checksum = Checksum()
            bytes[..<cut].withUnsafeBytes { checksum.update($0) }
            bytes[cut...].withUnsafeBytes { checksum.update($0) }
            #expect(checksum.value == Checksum.of(bytes))
        }
    }
}
