import FileSupport
import Foundation
import ModelFiles
import Testing

@Suite struct SafetensorsReaderTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func open(_ bytes: [UInt8]) throws -> SafetensorsFile {
        try SafetensorsFile(path: folder.write(bytes, to: "m.safetensors"))
    }

    private func reason(_ bytes: [UInt8]) -> SafetensorsError.Reason? {
        #expect(throws: SafetensorsError.self) { try open(bytes) }?.reason
    }

    /// Byte for byte what Python's `safetensors.numpy.save` 0.8 writes for
    /// `{"b": float32 [[1, 2, 3], [4, 5, 6]], "a": int64 [7, -8]}` with the metadata `{"format": "np"}`.
    private let fixture = safetensors(
        #"{"__metadata__":{"format":"np"},"a":{"dtype":"I64","shape":[2],"data_offsets":[0,16]},"#
            + #""b":{"dtype":"F32","shape":[2,3],"data_offsets":[16,40]}} "#,
        data: bytes([7, -8] as [Int64]) + bytes([1, 2, 3, 4, 5, 6] as [Float]))

    @Test func `a file of the reference implementation is read`() throws {
        let file = try open(fixture)
        #expect(file.names == ["a", "b"])
        #expect(file.metadata == ["format": "np"])
        #expect(file["b"]?.shape == [2, 3] && file["b"]?.type == .float32 && file["b"]?.count == 6)
        #expect(file["c"] == nil)
        #expect(try file.integers("a") == [7, -8])
        #expect(try file.floats("b") == [1, 2, 3, 4, 5, 6])
        #expect(try file.doubles("b") == [1, 2, 3, 4, 5, 6])
        #expect(try file.bytes("a") == bytes([7, -8] as [Int64]))
        var room = [Float](repeating: 0, count: 6)
        try room.withUnsafeMutableBufferPointer { try file.readFloats("b", into: $0) }
        #expect(room == [1, 2, 3, 4, 5, 6])
    }

    @Test func `names with escapes, scalars and empty tensors are read`() throws {
        let file = try open(
            safetensors(
                #" {}"#.dropFirst().description.replacing(
                    "{}",
                    with: #"{"e\u0301\n":{"shape":[],"data_offsets":[0,8],"dtype":"F64"},"#
                        + #""none":{"dtype":"F32","shape":[0,5],"data_offsets":[8,8]}}"#),
                data: bytes([0.1])))
        #expect(file.names == ["e\u{301}\n", "none"])
        #expect(file["e\u{301}\n"]?.count == 1)
        #expect(try file.doubles("e\u{301}\n") == [0.1])
        #expect(try file.floats("e\u{301}\n") == [Float(0.1)])
        #expect(try file.floats("none") == [])
        #expect(try open(safetensors("{}")).names.isEmpty)
    }

    @Test func `half precision of both kinds is converted exactly`() throws {
        let half: [UInt16] = [0x3C00, 0xC000, 0x7BFF, 0x0001, 0x03FF, 0x0400, 0x8000, 0x7C00, 0xFC00, 0x7E00, 0x3555]
        let brain: [UInt16] = [0x3F80, 0xC000, 0x0001, 0x7F80]
        let file = try open(
            safetensors(
                #"{"h":{"dtype":"F16","shape":[11],"data_offsets":[0,22]},"#
                    + #""b":{"dtype":"BF16","shape":[4],"data_offsets":[22,30]}}"#, data: bytes(half) + bytes(brain)))
        let values = try file.floats("h")
        #expect(
            values.prefix(9) == [
                1, -2, 65504, 0x1p-24, 1023 * 0x1p-24, 0x1p-14, -0.0, .infinity, -.infinity,
            ])
        #expect(values[6].sign == .minus && values[9].isNaN && values[10] == 0.333251953125)
        #expect(try file.floats("b") == [1, -2, Float(bitPattern: 0x10000), .infinity])
    }

    @Test func `integers of every width are read`() throws {
        let types = ["U8", "I8", "U16", "I16", "U32", "I32", "U64", "I64", "BOOL"]
        let data: [[UInt8]] = [
            bytes([255 as UInt8]), bytes([-128 as Int8]), bytes([65535 as UInt16]), bytes([-32768 as Int16]),
            bytes([UInt32.max]), bytes([Int32.min]), bytes([UInt64(Int.max)]), bytes([Int64.min]), [1],
        ]
        let expected = [255, -128, 65535, -32768, 4_294_967_295, -2_147_483_648, Int.max, Int.min, 1]
        for (type, (data, expected)) in zip(types, zip(data, expected)) {
            let header = #"{"x":{"dtype":"\#(type)","shape":[1],"data_offsets":[0,\#(data.count)]}}"#
            #expect(try open(safetensors(header, data: data)).integers("x") == [expected], "\(type)")
        }
    }

    @Test func `what is asked for wrongly is refused with the reason`() throws {
        let file = try open(fixture)
        #expect(#expect(throws: SafetensorsError.self) { try file.floats("z") }?.reason == .missing(tensor: "z"))
        #expect(
            #expect(throws: SafetensorsError.self) { try file.floats("a") }?.reason
                == .type(tensor: "a", found: .int64, wanted: "F32, F64, F16 or BF16"))
        #expect(
            #expect(throws: SafetensorsError.self) { try file.integers("b") }?.reason
                == .type(tensor: "b", found: .float32, wanted: "an integer"))
        var room: [Float] = [0]
        let error = #expect(throws: SafetensorsError.self) {
            try room.withUnsafeMutableBufferPointer { try file.readFloats("b", into: $0) }
        }
        #expect(error?.reason == .count(tensor: "b", found: 6, wanted: 1))
        let large = try open(
            safetensors(
                #"{"x":{"dtype":"U64","shape":[1],"data_offsets":[0,8]}}"#, data: [UInt8](repeating: 255, count: 8)))
        #expect(
            #expect(throws: SafetensorsError.self) { try large.integers("x") }?.reason
                == .integerOutOfRange(tensor: "x"))
    }

    @Test func `a length that the file cannot hold is refused`() {
        #expect(reason([]) == .tooShort(bytes: 0))
        #expect(reason([2, 0, 0, 0, 0, 0, 0]) == .tooShort(bytes: 7))
        #expect(reason(safetensors("{}", length: 3)) == .headerLength(3, available: 2))
        #expect(reason(safetensors("{}", length: .max)) == .headerLength(.max, available: 2))
        #expect(reason(safetensors("", length: 0)) == .headerStart)
    }

    @Test func `a header beyond 100 MB is refused although the file is long enough`() throws {
        let path = try folder.write(safetensors("{}", length: 100_000_001), to: "m.safetensors")
        #expect(truncate(path, 200_000_000) == 0)
        let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: path) }
        #expect(error?.reason == .headerLength(100_000_001, available: 199_999_992))
    }

    @Test func `a tensor beyond the memory is refused when it is read`() throws {
        let size = 1 << 42
        let header = #"{"x":{"dtype":"U8","shape":[\#(size)],"data_offsets":[0,\#(size)]}}"#
        let path = try folder.write(safetensors(header), to: "m.safetensors")
        // Sparse; a file system that cannot have such a file has nothing to test.
        guard truncate(path, 8 + header.utf8.count + size) == 0 else { return }
        let file = try SafetensorsFile(path: path)
        #expect(
            #expect(throws: SafetensorsError.self) { try file.integers("x") }?.reason
                == .tooLarge(tensor: "x", bytes: size * 8))
        #expect(throws: SafetensorsError.self) { try file.bytes("x") }
    }

    @Test(arguments: [
        " {}", "[]", "x",
    ])
    func `a header that does not begin with a brace is refused`(header: String) {
        #expect(reason(safetensors(header)) == .headerStart)
    }

    @Test(arguments: [
        "{", "{}x", "{} {}", "{\"a\":1}", "{\"a\":{}}", "{\"a\":null}", "{\"__metadata__\":{\"a\":1}}",
        "{\"__metadata__\":[]}", "{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}",
        #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1}}"#,
        #"{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
        #"{"a":{"dtype":"U8","shape":[1]}}"#, #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}"#,
        #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}"#,
        #"{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}"#,
        #"{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}"#,
        #"{"a":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,1]}}"#,
        #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,18446744073709551617]}}"#,
        #"{"a":{"dtype":8,"shape":[1],"data_offsets":[0,1]}}"#,
        #"{"a":{"dtype":"U8","shape":1,"data_offsets":[0,1]}}"#,
        #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},}"#, "{}\u{0}",
    ])
    func `a header that is not that of a safetensors file is refused`(header: String) {
        guard case .header = reason(safetensors(header, data: [1])) else {
            Issue.record("refused for another reason")
            return
        }
    }

    @Test func `a name that is there twice is refused, however it is spelled`() {
        let entry = #"{"dtype":"U8","shape":[0],"data_offsets":[0,0]}"#
        #expect(reason(safetensors(#"{"a":\#(entry),"a":\#(entry)}"#)) == .duplicateName("a"))
        #expect(reason(safetensors(#"{"a":\#(entry),"\u0061":\#(entry)}"#)) == .duplicateName("a"))
        #expect(reason(safetensors(#"{"__metadata__":{},"__metadata__":{}}"#)) == .duplicateName("__metadata__"))
    }

    @Test func `a shape that does not fit the offsets or any memory is refused`() {
        func entry(_ shape: String, _ begin: Int, _ end: Int, _ type: String = "F32") -> [UInt8] {
            safetensors(
                #"{"a":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[\#(begin),\#(end)]}}"#,
                data: [0, 0, 0, 0])
        }
        #expect(reason(entry("[2]", 0, 4)) == .size(tensor: "a", shape: 8, offsets: 4))
        #expect(reason(entry("[0]", 0, 4)) == .size(tensor: "a", shape: 0, offsets: 4))
        #expect(reason(entry("[]", 4, 0)) == .reversedOffsets(tensor: "a"))
        #expect(reason(entry("[4611686018427387904,4]", 0, 4)) == .sizeOverflow(tensor: "a"))
        #expect(reason(entry("[4611686018427387904,4,0]", 0, 4)) == .sizeOverflow(tensor: "a"))
        #expect(reason(entry("[1]", 0, 4, "F33")) == .unknownType(tensor: "a", type: "F33"))
    }

    @Test func `tensors must fill the data exactly`() {
        func pair(_ first: (Int, Int), _ second: (Int, Int), data: Int) -> [UInt8] {
            let entries = [("a", first), ("b", second)].map { name, offsets in
                #""\#(name)":{"dtype":"U8","shape":[\#(offsets.1 - offsets.0)],"#
                    + #""data_offsets":[\#(offsets.0),\#(offsets.1)]}"#
            }
            return safetensors("{\(entries.joined(separator: ","))}", data: [UInt8](repeating: 0, count: data))
        }
        #expect(throws: Never.self) { try open(pair((4, 8), (0, 4), data: 8)) }
        #expect(reason(pair((0, 4), (3, 8), data: 8)) == .overlap(tensor: "b", with: "a"))
        #expect(reason(pair((0, 8), (2, 4), data: 8)) == .overlap(tensor: "b", with: "a"))
        #expect(reason(pair((0, 4), (5, 8), data: 8)) == .hole(bytes: 1, before: "b"))
        #expect(reason(pair((1, 4), (4, 8), data: 8)) == .hole(bytes: 1, before: "a"))
        #expect(reason(pair((0, 4), (4, 8), data: 7)) == .pastEnd(tensor: "b", missing: 1))
        #expect(reason(pair((0, 4), (4, 8), data: 9)) == .trailingBytes(1))
        #expect(reason(safetensors("{}", data: [0])) == .trailingBytes(1))
    }

    @Test func `what is not a readable regular file is refused without waiting`() throws {
        #expect(mkfifo(folder.file("pipe"), 0o600) == 0)
        for name in ["pipe", "missing", "."] {
            let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: folder.file(name)) }
            guard case .unreadable? = error?.reason else {
                Issue.record("\(name) refused for another reason")
                continue
            }
        }
    }

    @Test func `a file that shrinks after it was opened ends in an error`() throws {
        let file = try open(fixture)
        #expect(truncate(file.path, off_t(fixture.count - 1)) == 0)
        #expect(#expect(throws: SafetensorsError.self) { try file.floats("b") }?.reason == .changed(tensor: "b"))
    }

    @Test func `the error names the file, the reason and what to do`() throws {
        let path = try folder.write(safetensors("{}", data: [0]), to: "m.safetensors")
        let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: path) }
        #expect(
            error?.description == """
                \(path): 1 bytes follow the last tensor
                it is not a safetensors file or was cut off: copy or write it again
                """)
    }

    @Test func `a name of many combining marks is refused at once`() throws {
        let marks = String(repeating: "\u{301}", count: 75_000) + String(repeating: "\u{323}", count: 75_000)
        for header in [
            #"{"a\#(marks)":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#, #"{"__metadata__":{"a\#(marks)":""}}"#,
        ] {
            let path = try folder.write(safetensors(header), to: "m.safetensors")
            let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: path) }
            #expect(error?.description.contains("combining marks") == true)
        }
    }

    @Test func `a message quotes no control character and is short`() throws {
        let name = #"\u001b[2J"# + String(repeating: "x", count: 100_000)
        let header = #"{"\#(name)":{"dtype":"\u0007","shape":[0],"data_offsets":[0,0]}}"#
        let path = try folder.write(safetensors(header), to: "m.safetensors")
        let error = try #require(#expect(throws: SafetensorsError.self) { try SafetensorsFile(path: path) })
        #expect(error.description.utf8.count < 2_000 && error.description.contains(#"\u{1b}[2J"#))
        #expect(error.description.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 })
    }
}
