import Interactions
import Testing

@Suite struct GzipTests {
    /// More than one buffer of the reader.
    static let text = (0..<60_000).map { "\($0 / 20 + 1) \($0 % 997 + 1)" }.joined(separator: "\n") + "\n"

    func items(of folder: TemporaryFolder) throws -> [Int32] {
        let dataset = try folder.load()
        return [dataset.train, dataset.dev, dataset.test].flatMap(\.items)
    }

    @Test func `gzip is recognized by its content, whatever the name`() throws {
        let plain = try TemporaryFolder()
        try plain.write("data.txt", GzipTests.text)
        let expected = try items(of: plain)
        for name in ["data.txt.gz", "data.txt", "data"] {
            let folder = try TemporaryFolder()
            try folder.appendGzip(name, GzipTests.text)
            #expect(try items(of: folder) == expected)
        }
    }

    @Test func `members that follow each other are one file, and zeros at the end are filling`() throws {
        let plain = try TemporaryFolder()
        try plain.write("data.txt", GzipTests.text)
        let expected = try items(of: plain)
        let folder = try TemporaryFolder()
        // The boundary is inside a line.
        try folder.appendGzip("data.txt.gz", String(GzipTests.text.prefix(123_457)))
        try folder.appendGzip("data.txt.gz", String(GzipTests.text.dropFirst(123_457)))
        #expect(try items(of: folder) == expected)
        try folder.write("data.txt.gz", bytes: try folder.bytes("data.txt.gz") + [UInt8](repeating: 0, count: 512))
        #expect(try items(of: folder) == expected)
    }

    @Test func `a truncated gzip is refused with its name, wherever it ends`() throws {
        let folder = try TemporaryFolder()
        try folder.appendGzip("data.txt.gz", GzipTests.text)
        let bytes = try folder.bytes("data.txt.gz")
        for length in [3, 10, bytes.count / 2, bytes.count - 8, bytes.count - 1] {
            try folder.write("data.txt.gz", bytes: Array(bytes.prefix(length)))
            let error = try #require(folder.loadError())
            #expect(error.kind == .invalid)
            #expect(error.file == folder.file("data.txt.gz"))
            #expect(error.problem == "the gzip data end too early")
            #expect(error.line != nil)
        }
    }

    @Test func `a damaged gzip is refused with its name`() throws {
        let folder = try TemporaryFolder()
        try folder.appendGzip("data.txt.gz", GzipTests.text)
        let bytes = try folder.bytes("data.txt.gz")
        var checksum = bytes
        checksum[bytes.count - 6] ^= 1
        var middle = bytes
        for index in bytes.count / 2..<bytes.count / 2 + 64 { middle[index] = 0xff }
        for damaged in [checksum, middle, bytes + [1, 2, 3], bytes + [0x1f, 0x00, 0x00, 0x00]] {
            try folder.write("data.txt.gz", bytes: damaged)
            let error = try #require(folder.loadError())
            #expect(error.kind == .invalid)
            #expect(error.problem.hasPrefix("the gzip data"), "\(error)")
            #expect(error.file == folder.file("data.txt.gz"))
        }
    }

    @Test func `the line of an error counts in the uncompressed text`() throws {
        let folder = try TemporaryFolder()
        try folder.appendGzip("data.txt.gz", GzipTests.text + "1 x\n")
        #expect(try #require(folder.loadError()).description.contains("data.txt.gz:60001: item is \"x\""))
    }
}
