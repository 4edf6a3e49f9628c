import FileIO
import FileSupport
import ModelFiles
import Testing

@Suite struct SafetensorsWriterTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func `the file is byte for byte what the format prescribes`() throws {
        var writer = try SafetensorsWriter(
            replacing: folder.file("m"),
            tensors: [.init("z", Float.self, shape: [2, 2]), .init("a", Int64.self, shape: [1])],
            metadata: [("model", "ComiRec \"SA\""), ("step", "3")])
        try writer.append([1, 2, 3, 4] as [Float])
        try writer.append([-5] as [Int64])
        try writer.finish()
        let json =
            #"{"__metadata__":{"model":"ComiRec \"SA\"","step":"3"},"z":{"dtype":"F32","shape":[2,2],"#
            + #""data_offsets":[0,16]},"a":{"dtype":"I64","shape":[1],"data_offsets":[16,24]}}"#
        let padded = json + String(repeating: " ", count: (8 - json.utf8.count % 8) % 8)
        let data = bytes([1, 2, 3, 4] as [Float]) + bytes([-5] as [Int64])
        #expect(try folder.read("m") == safetensors(padded, data: data))
        #expect(folder.content == ["m"])
    }

    @Test func `the data begins at a multiple of eight whatever the length of the header`() throws {
        for length in 1...9 {
            let name = String(repeating: "n", count: length)
            var writer = try SafetensorsWriter(
                replacing: folder.file("m"), tensors: [.init(name, Float.self, shape: [])])
            try writer.append([0.5] as [Float])
            try writer.finish()
            let written = try folder.read("m")
            #expect((written.count - 4) % 8 == 0)
            #expect(Int(written[0]) + 8 == written.count - 4)
            #expect(try SafetensorsFile(path: folder.file("m")).floats(name) == [0.5])
        }
    }

    @Test func `a tensor may come in pieces, and empty ones need none`() throws {
        let values = (0..<100_000).map { Float($0) * 0.37 }
        var writer = try SafetensorsWriter(
            replacing: folder.file("m"),
            tensors: [
                .init("none", Float.self, shape: [0, 4]), .init("all", Float.self, shape: [1000, 100]),
                .init("last", Float.self, shape: [0]),
            ])
        for start in stride(from: 0, to: values.count, by: 33_333) {
            try values[start..<min(start + 33_333, values.count)].withUnsafeBufferPointer { piece in
                try writer.append(piece)
            }
        }
        try writer.finish()
        let file = try SafetensorsFile(path: folder.file("m"))
        #expect(file.names == ["none", "all", "last"])
        #expect(file["all"]?.shape == [1000, 100])
        #expect(try file.floats("all") == values)
    }

    @Test func `names and metadata of any text come back`() throws {
        let names = ["a b", "\"quoted\"", "back\\slash", "日本", "line\nbreak", ""]
        var writer = try SafetensorsWriter(
            replacing: folder.file("m"), tensors: names.map { .init($0, UInt8.self, shape: [1]) },
            metadata: names.map { ($0, $0 + "!") })
        for index in names.indices { try writer.append([UInt8(index)]) }
        try writer.finish()
        let file = try SafetensorsFile(path: folder.file("m"))
        #expect(file.names == names)
        #expect(file.metadata == Dictionary(uniqueKeysWithValues: names.map { ($0, $0 + "!") }))
        for (index, name) in names.enumerated() { #expect(try file.integers(name) == [index]) }
    }

    @Test func `a writer that is given up leaves nothing`() throws {
        do {
            var writer = try SafetensorsWriter(
                replacing: folder.file("m"), tensors: [.init("a", Float.self, shape: [2])])
            try writer.append([1] as [Float])
        }
        #expect(folder.content.isEmpty)
    }

    @Test func `a folder that does not exist is an error`() {
        #expect(throws: FileError.self) {
            let writer = try SafetensorsWriter(replacing: folder.file("missing/m"), tensors: [])
            try writer.finish()
        }
    }

    @Test func `an incomplete file is never finished`() async {
        let path = folder.file("m")
        await #expect(processExitsWith: .failure) { [path = path as String] in
            let writer = try SafetensorsWriter(replacing: path, tensors: [.init("a", Float.self, shape: [2])])
            try writer.finish()
        }
        #expect(!folder.content.contains("m"))
    }
}
