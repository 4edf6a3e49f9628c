import FileIO
import Testing

@Suite struct SHA256Tests {
    private func digest(_ bytes: [UInt8]) -> String { bytes.withUnsafeBytes { SHA256.hexDigest(of: $0) } }

    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
        ),
    ])
    func `the examples of FIPS 180-4 come out`(message: String, expected: String) {
        #expect(digest(Array(message.utf8)) == expected)
    }

    @Test func `a million letters a come out as in FIPS 180-4`() {
        #expect(
            digest([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000))
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test func `the pieces of a message do not matter`() {
        let message = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 131 &+ $0 >> 3) }
        let whole = digest(message)
        for size in [1, 3, 55, 56, 57, 63, 64, 65, 127, 128, 129, 999] {
            var hash = SHA256()
            for start in stride(from: 0, to: message.count, by: size) {
                message[start..<min(start + size, message.count)].withUnsafeBytes { hash.update($0) }
            }
            #expect(hash.hexDigest == whole, "pieces of \(size) bytes")
        }
    }

    /// Every length around the two block boundaries, chained: each digest goes into the next message.
    /// The expected value is that of Python's `hashlib` for the same chain.
    @Test func `every length of the last block is padded correctly`() {
        var chain: [UInt8] = []
        for length in 0...200 {
            var hash = SHA256()
            chain.withUnsafeBytes { hash.update($0) }
            [UInt8](repeating: UInt8(length), count: length).withUnsafeBytes { hash.update($0) }
            chain = hash.digest
        }
        let text = chain.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(text == "ed3f5c791b163b80747a7a02b7f381d3f13f31b10bfeca87f74ba4a97e225a13")
    }

    @Test func `the digest of what came so far can be asked for at any time`() {
        var hash = SHA256()
        Array("ab".utf8).withUnsafeBytes { hash.update($0) }
        _ = hash.hexDigest
        Array("c".utf8).withUnsafeBytes { hash.update($0) }
        #expect(hash.hexDigest == digest(Array("abc".utf8)))
    }

    @Test func `floats are hashed as their bytes`() {
        let values: [Float] = [1, -2.5, .pi]
        var hash = SHA256()
        values.withUnsafeBufferPointer { hash.update($0) }
        #expect(hash.hexDigest == digest(values.withUnsafeBytes { Array($0) }))
    }
}
