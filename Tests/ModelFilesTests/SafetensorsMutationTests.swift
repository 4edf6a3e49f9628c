import FileSupport
import HostileFiles
import KernelCore
import ModelFiles
import Testing

@Suite struct SafetensorsMutationTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder(inMemory: true) }

    private let valid = safetensors(
        #"{"__metadata__":{"model":"ComiRec","step":"12"},"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"#
            + #""i":{"dtype":"I64","shape":[1],"data_offsets":[16,24]},"h":{"dtype":"F16","shape":[3],"#
            + #""data_offsets":[24,30]},"d":{"dtype":"F64","shape":[],"data_offsets":[30,38]}}  "#,
        data: (0..<38).map { UInt8($0 * 7 & 0xFF) })

    /// Words that take a reader to its limits when they replace a part of the file.
    private static let fragments = [
        "9223372036854775807", "18446744073709551615", "-1", "0", "1e9", "{", "}", "[", "]", "\"", "\\u", "\\ud800",
        "__metadata__", "null", ",", ":", "[[[[", "\"w\"", "F64", "U8", "\u{0}", "99999999999999999999999999",
    ]

    private func mutated(_ bytes: [UInt8], _ mutator: inout Mutator) -> [UInt8] {
        var bytes = mutator.changed(bytes)
        // Half of the cases get a matching length, so that they reach what comes after it.
        if bytes.count >= 8, Bool.random(using: &mutator.stream) {
            let dataSize = Bool.random(using: &mutator.stream) ? 38 : Int.random(in: 0..<60, using: &mutator.stream)
            let length = max(0, bytes.count - 8 - dataSize)
            for index in 0..<8 { bytes[index] = UInt8(truncatingIfNeeded: length >> (8 * index)) }
        }
        return bytes
    }

    /// A header in order but for offsets, shapes and names that are drawn from few values, so that they often clash.
    private func structured(_ stream: inout RandomStream) -> [UInt8] {
        var end = 0
        let entries = (0..<Int.random(in: 1..<4, using: &stream)).map { _ in
            let begin = Bool.random(using: &stream) ? end : Int.random(in: 0..<6, using: &stream)
            end = begin + Int.random(in: 0..<4, using: &stream)
            let name = ["a", "b", "c", "d", "e"].randomElement(using: &stream) ?? ""
            return #""\#(name)":{"dtype":"U8","shape":[\#(end - begin)],"data_offsets":[\#(begin),\#(end)]}"#
        }
        let dataSize = Bool.random(using: &stream) ? end : Int.random(in: 0..<8, using: &stream)
        return safetensors("{\(entries.joined(separator: ","))}", data: [UInt8](repeating: 1, count: dataSize))
    }

    /// A reader that traps ends the test process, one that reads beyond a tensor returns another number of elements.
    @Test func `20,000 damaged files are refused or read, and nothing else`() throws {
        var refused = 0
        var reasons: Set<String> = []
        for sample in 0..<20_000 {
            var mutator = Mutator(fragments: Self.fragments, sample: sample)
            let path = try folder.write(
                sample % 4 == 0 ? structured(&mutator.stream) : mutated(valid, &mutator), to: "m.safetensors")
            let file: SafetensorsFile
            do throws(SafetensorsError) {
                file = try SafetensorsFile(path: path)
            } catch {
                refused += 1
                #expect(error.path == path && error.description.contains("\n"))
                reasons.insert(String("\(error.reason)".prefix { $0 != "(" }))
                continue
            }
            for tensor in file.tensors {
                #expect(tensor.shape.reduce(tensor.type.size, *) == tensor.bytes.count)
                #expect(try file.bytes(tensor.name).count == tensor.bytes.count)
                if let values = try? file.floats(tensor.name) { #expect(values.count == tensor.count) }
                if let values = try? file.doubles(tensor.name) { #expect(values.count == tensor.count) }
                if let values = try? file.integers(tensor.name) { #expect(values.count == tensor.count) }
            }
        }
        #expect(refused > 10_000 && refused < 20_000)
        #expect(
            reasons.isSuperset(of: [
                "tooShort", "headerLength", "headerStart", "header", "duplicateName", "unknownType", "size",
                "reversedOffsets", "overlap", "hole", "pastEnd", "trailingBytes",
            ]), "the mutations reach every check: \(reasons.sorted())")
    }
}
