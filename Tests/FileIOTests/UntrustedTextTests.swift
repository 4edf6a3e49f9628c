import FileIO
import Foundation
import Testing

/// Text of files that nobody can vouch for.
@Suite struct UntrustedTextTests {
    @Test func `what a terminal would obey is shown by its number`() {
        #expect("a\u{1B}[2J\n\u{7F}\u{9B}é".printable() == "a\\u{1b}[2J\\u{a}\\u{7f}\\u{9b}é")
        #expect("\u{202E}gnp.exe\u{200B}\u{2028}".printable() == "\\u{202e}gnp.exe\\u{200b}\\u{2028}")
        #expect("Straße 東京 😀".printable() == "Straße 東京 😀")
    }

    @Test func `long text is cut`() {
        #expect(String(repeating: "x", count: 1_000_000).printable(limit: 5) == "xxxxx...")
        #expect("12345".printable(limit: 5) == "12345")
    }

    /// 150,000 marks, in an order that has to be changed for every comparison: minutes, if the string is compared.
    static let marks = "a" + String(repeating: "\u{301}", count: 75_000) + String(repeating: "\u{323}", count: 75_000)

    @Test func `a run of combining marks is found`() {
        #expect(!Self.marks.isStreamSafe)
        #expect(("e" + String(repeating: "\u{301}", count: 30) + "x\u{301}").isStreamSafe)
        #expect(!("e" + String(repeating: "\u{301}", count: 31)).isStreamSafe)
        #expect("Việt Nam, ಕನ್ನಡ, 한국어".isStreamSafe)
    }

    @Test func `JSON with many combining marks in a string is refused at once`() throws {
        let escaped = String(repeating: "\\u0301", count: 75_000) + String(repeating: "\\u0323", count: 75_000)
        for text in [Self.marks, escaped] {
            for json in ["{\"\(text)\":1}", "[\"\(text)\"]", "{\"a\":1,\"\(text)\":2}"] {
                let error = #expect(throws: JSONError.self) { try JSONValue(parsing: json) }
                #expect(error?.reason.contains("combining marks") == true)
            }
        }
        #expect(try JSONValue(parsing: "\"Vie\u{323}\u{302}t\"") == .string("Việt"))
    }

    @Test func `the error of JSON quotes no control character`() {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: #"{"\u001b[2J":1,"\u001b[2J":2}"#) }
        #expect(error?.description == "byte 15: the key \\u{1b}[2J is there twice")
    }

    @Test func `the names in a folder are read, however long they are`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "facet-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        let names = (1...255).map { String(repeating: "n", count: $0) }
        for name in names { try Data().write(to: folder.appending(path: name)) }
        let stream = try #require(opendir(folder.path))
        defer { closedir(stream) }
        var found: [String] = []
        while let entry = readdir(stream) {
            if entry.entryName.first == "n" { found.append(entry.entryName) }
        }
        #expect(found.sorted() == names)
    }
}
