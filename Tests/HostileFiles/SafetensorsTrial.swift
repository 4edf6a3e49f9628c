import FileIO
import ModelFiles
import Training

/// A safetensors file. What is read agrees with its shape.
struct SafetensorsTrial: ReaderTrial {
    static let name = "safetensors"
    static let fragments = [
        "9223372036854775807", "18446744073709551615", "-1", "0", "1e9", "{", "}", "[", "]", "\"", "\\u", "\\ud800",
        "__metadata__", "null", ",", ":", "[[[[", "\"w\"", "F64", "U8", "BF16", "\u{0}", "99999999999999999999999999",
        "\"dtype\":\"U8\"", "\"shape\":[0]", "\"data_offsets\":[0,0]", "\u{301}\u{323}",
    ]

    private let file: ScratchFile

    init(folder: String) throws { file = try ScratchFile("m.safetensors", in: folder) }

    func read(_ input: [UInt8]) throws {
        try file.replace(by: input)
        let read: SafetensorsFile
        do throws(SafetensorsError) {
            read = try SafetensorsFile(path: file.path)
        } catch {
            return try requireHarmless(error.description)
        }
        try require(Set(read.names).count == read.names.count, "a name twice")
        for tensor in read.tensors {
            try require(tensor.shape.reduce(tensor.type.size, *) == tensor.bytes.count, "a size against the shape")
            try require(read[tensor.name] == tensor, "a name that is not found")
            try require(try read.bytes(tensor.name).count == tensor.bytes.count, "bytes are missing")
            try check(tensor) { () throws(SafetensorsError) in try read.floats(tensor.name).count }
            try check(tensor) { () throws(SafetensorsError) in try read.doubles(tensor.name).count }
            try check(tensor) { () throws(SafetensorsError) in try read.integers(tensor.name).count }
        }
    }

    private func check(_ tensor: SafetensorsTensor, _ read: () throws(SafetensorsError) -> Int) throws {
        let count: Int
        do throws(SafetensorsError) {
            count = try read()
        } catch {
            switch error.reason {
            case .type, .integerOutOfRange: return try requireHarmless(error.description)
            default: throw BrokenPromise(description: "refused behind the header: \(error)")
            }
        }
        try require(count == tensor.count, "\(count) elements of \(tensor.count)")
    }

    /// Most changes make the length of the header wrong, and little behind it would be reached.
    func mutated(_ input: [UInt8], choice: UInt32, by change: ([UInt8]) -> [UInt8]) -> [UInt8] {
        var bytes = change(input)
        guard choice % 4 > 0, bytes.count >= 8 else { return bytes }
        let end = bytes.dropFirst(8).lastIndex(of: UInt8(ascii: "}")).map { $0 + 1 } ?? bytes.count
        for index in 0..<8 { bytes[index] = UInt8(truncatingIfNeeded: (end - 8) >> (8 * index)) }
        return bytes
    }

    /// A file with every element type, one as the trainer writes it, and small ones.
    func seeds() throws -> [[UInt8]] {
        var entries: [String] = []
        var end = 0
        for type in SafetensorsElementType.allCases {
            let begin = end
            end += 2 * type.size
            entries.append(
                #""\#(type)":{"dtype":"\#(type.rawValue)","shape":[2],"data_offsets":[\#(begin),\#(end)]}"#)
        }
        var writer = try SafetensorsWriter(
            replacing: file.path + "-seed",
            tensors: [.init("i_embeddings.weight", Float.self, shape: [3, 2]), .init("step", Int64.self, shape: [])],
            metadata: [("model", "ComiRec"), ("epoch", "12")])
        try [Float](repeating: 0.5, count: 6).withUnsafeBufferPointer { try writer.append($0) }
        try [Int64(7)].withUnsafeBufferPointer { try writer.append($0) }
        try writer.finish()
        return [
            Self.bytes("{\(entries.joined(separator: ","))}", dataSize: end),
            try OpenFile(path: file.path + "-seed", access: .read).bytes(at: 0, count: 4096),
            Self.bytes(#"{"__metadata__":{"a":"b"},"w":{"dtype":"U8","shape":[0,3],"data_offsets":[0,0]}}  "#),
            Self.bytes("{}"),
        ]
    }

    private static func bytes(_ header: String, dataSize: Int = 0) -> [UInt8] {
        let length = header.utf8.count
        return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(header.utf8)
            + (0..<dataSize).map { UInt8(truncatingIfNeeded: $0 * 37) }
    }
}
