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
