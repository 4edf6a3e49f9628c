import FileIO
import Foundation
import Glibc

/// A safetensors file opened for reading.
///
/// Opening reads and checks the header alone: its length, its JSON, that names are unique and that the tensors fill the
/// data section exactly. The elements are read when they are asked for, straight into their destination, so a file
/// larger than the memory can be opened and one that changes underneath ends in an error.
///
///     let file = try SafetensorsFile(path: "run/model/model.safetensors")
///     let items = try file.floats("item_embeddings.weight")      // shape in file["item_embeddings.weight"]
///
/// Format: <https://github.com/huggingface/safetensors>.
public final class SafetensorsFile: Sendable {
    /// The file that was opened, as it was named.
    public let path: String
    /// The tensors in the order of the header.
    public let tensors: [SafetensorsTensor]
    /// The free text pairs that the writer added.
    public let metadata: [String: String]
    private let indices: [String: Int]
    private let file: OpenFile
    private let dataOffset: Int

    /// Opens and checks the file. Allocates no more than the size of the header and what its entries need.
    public init(path: String) throws(SafetensorsError) {
        self.path = path
        do throws(SafetensorsError.Reason) {
            let file = try SafetensorsFile.open(path)
            let size = try SafetensorsFile.size(of: file)
            guard size >= 8 else { throw .tooShort(bytes: size) }
            let lengthBytes = try SafetensorsFile.bytes(of: file, at: 0, count: 8)
            let length = lengthBytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            guard length <= SafetensorsHeader.largestLength, length <= size - 8 else {
                throw Self.isOfPyTorch(lengthBytes) ? .pyTorch : .headerLength(length, available: size - 8)
            }
            let bytes = try SafetensorsFile.bytes(of: file, at: 8, count: Int(length))
            let header = try SafetensorsHeader(parsing: bytes, dataSize: size - 8 - Int(length))
            tensors = header.tensors
            metadata = Dictionary(header.metadata.map { ($0.key, $0.value) }) { first, _ in first }
            indices = header.indices
            dataOffset = 8 + Int(length)
            self.file = file
        } catch {
            throw SafetensorsError(path: path, reason: error)
        }
    }

    /// Whether a path is taken for a file of parameters, not for the folder of a run: by its name, or because it is one.
    public static func isNamed(by path: String) -> Bool {
        var isFolder: ObjCBool = false
        return path.hasSuffix(".safetensors")
            || FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
    }

    /// Whether a file begins as a zip archive or a pickle of protocol 2 to 5 does, the two formats of `torch.save`.
    private static func isOfPyTorch(_ bytes: [UInt8]) -> Bool {
        bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) || bytes[0] == 0x80 && 2...5 ~= bytes[1]
    }

    /// The names in the order of the header.
    public var names: [String] { tensors.map(\.name) }

    /// The description of a tensor, nil for a name that is not there.
    public subscript(name: String) -> SafetensorsTensor? { indices[name].map { tensors[$0] } }

    /// The elements of a tensor of type F32, F64, F16 or BF16, row-major; F64 is rounded.
    public func floats(_ name: String) throws(SafetensorsError) -> [Float] {
        let tensor = try tensor(name)
        try checkMemory(for: tensor, elementSize: MemoryLayout<Float>.size)
        var failure: SafetensorsError?
        let values = [Float](unsafeUninitializedCapacity: tensor.count) { buffer, count in
            let room = UnsafeMutableBufferPointer(rebasing: buffer[..<tensor.count])
            do throws(SafetensorsError) {
                try readFloats(name, into: room)
                count = room.count
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return values
    }

    /// Reads a tensor of type F32, F64, F16 or BF16 into `destination`, which must have room for exactly its elements.
    public func readFloats(
        _ name: String, into destination: UnsafeMutableBufferPointer<Float>
    ) throws(SafetensorsError) {
        let tensor = try tensor(name)
        guard tensor.count == destination.count else {
            throw failure(.count(tensor: name, found: tensor.count, wanted: destination.count))
        }
        try readFloats(name, 0..<tensor.count, into: destination)
    }

    /// Reads the elements `range` of a tensor of type F32, F64, F16 or BF16 into `destination`, which must have room for
    /// exactly these.
    package func readFloats(
        _ name: String, _ range: Range<Int>, into destination: UnsafeMutableBufferPointer<Float>
    ) throws(SafetensorsError) {
        let tensor = try tensor(name)
        guard range.upperBound <= tensor.count, range.count == destination.count else {
            throw failure(.count(tensor: name, found: tensor.count, wanted: range.upperBound))
        }
        switch tensor.type {
        case .float32:
            let room = UnsafeMutableRawBufferPointer(destination)
            let start = tensor.bytes.lowerBound + range.lowerBound * MemoryLayout<Float>.size
            guard try read(room, at: start) else { throw failure(.changed(tensor: name)) }
        case .float64:
            try forEach(of: tensor, Double.self, in: range) { index, value in destination[index] = Float(value) }
        case .float16:
            try forEach(of: tensor, UInt16.self, in: range) { index, value in
                destination[index] = Float(binary16: value)
            }
        case .bfloat16:
            try forEach(of: tensor, UInt16.self, in: range) { index, value in
                destination[index] = Float(bitPattern: UInt32(value) << 16)
            }
        default: throw failure(.type(tensor: name, found: tensor.type, wanted: "F32, F64, F16 or BF16"))
        }
    }

    /// The elements of a tensor of type F64, F32, F16 or BF16, row-major.
    public func doubles(_ name: String) throws(SafetensorsError) -> [Double] {
        let tensor = try tensor(name)
        guard tensor.type == .float64 else { return try floats(name).map(Double.init) }
        var values: [Double] = []
        try checkMemory(for: tensor, elementSize: MemoryLayout<Double>.size)
        values.reserveCapacity(tensor.count)
        try forEach(of: tensor, Double.self) { _, value in values.append(value) }
        return values
    }

    /// The elements of a tensor of any integer type or BOOL, row-major.
    public func integers(_ name: String) throws(SafetensorsError) -> [Int] {
        let tensor = try tensor(name)
        switch tensor.type {
        case .bool, .uint8: return try integers(of: tensor, UInt8.self)
        case .int8: return try integers(of: tensor, Int8.self)
        case .uint16: return try integers(of: tensor, UInt16.self)
        case .int16: return try integers(of: tensor, Int16.self)
        case .uint32: return try integers(of: tensor, UInt32.self)
        case .int32: return try integers(of: tensor, Int32.self)
        case .uint64: return try integers(of: tensor, UInt64.self)
        case .int64: return try integers(of: tensor, Int64.self)
        case .float8E4M3, .float8E5M2, .float16, .bfloat16, .float32, .float64:
            throw failure(.type(tensor: name, found: tensor.type, wanted: "an integer"))
        }
    }

    /// The bytes of a tensor of any type as they lie in the file.
    public func bytes(_ name: String) throws(SafetensorsError) -> [UInt8] {
        let tensor = try tensor(name)
        try checkMemory(for: tensor, elementSize: tensor.type.size)
        do throws(FileError) {
            let bytes = try file.bytes(at: dataOffset + tensor.bytes.lowerBound, count: tensor.bytes.count)
            if bytes.count == tensor.bytes.count { return bytes }
        } catch {
            throw failure(.unreadable(error))
        }
        throw failure(.changed(tensor: name))
    }

    private func integers<Stored: FixedWidthInteger & BitwiseCopyable>(
        of tensor: SafetensorsTensor, _: Stored.Type
    ) throws(SafetensorsError) -> [Int] {
        try checkMemory(for: tensor, elementSize: MemoryLayout<Int>.size)
        var values: [Int] = []
        values.reserveCapacity(tensor.count)
        var isOutOfRange = false
        try forEach(of: tensor, Stored.self) { _, value in
            if let value = Int(exactly: value) { values.append(value) } else { isOutOfRange = true }
        }
        if isOutOfRange { throw failure(.integerOutOfRange(tensor: tensor.name)) }
        return values
    }

    private func tensor(_ name: String) throws(SafetensorsError) -> SafetensorsTensor {
        guard let tensor = self[name] else { throw failure(.missing(tensor: name)) }
        return tensor
    }

    /// Swift stops the program when an allocation fails; a sparse file can claim any size.
    private func checkMemory(for tensor: SafetensorsTensor, elementSize: Int) throws(SafetensorsError) {
        let memory = Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(sysconf(Int32(_SC_PAGESIZE)))
        let (bytes, overflow) = tensor.count.multipliedReportingOverflow(by: elementSize)
        guard !overflow, bytes <= memory else { throw failure(.tooLarge(tensor: tensor.name, bytes: bytes)) }
    }

    /// Hands the elements `range`, or all of them, to `body` in order, counted from the first one, reading a bounded piece
    /// at a time.
    private func forEach<Stored: BitwiseCopyable>(
        of tensor: SafetensorsTensor, _: Stored.Type, in range: Range<Int>? = nil, _ body: (Int, Stored) -> Void
    ) throws(SafetensorsError) {
        let range = range ?? 0..<tensor.count
        let size = MemoryLayout<Stored>.size
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
        defer { piece.deallocate() }
        var index = 0
        while index < range.count {
            let count = min(piece.count / size, range.count - index)
            let room = UnsafeMutableRawBufferPointer(rebasing: piece[..<(count * size)])
            guard try read(room, at: tensor.bytes.lowerBound + (range.lowerBound + index) * size) else {
                throw failure(.changed(tensor: tensor.name))
            }
            for offset in 0..<count { body(index + offset, room.load(fromByteOffset: offset * size, as: Stored.self)) }
            index += count
        }
    }

    private func failure(_ reason: SafetensorsError.Reason) -> SafetensorsError {
        SafetensorsError(path: path, reason: reason)
    }

    /// - Returns: false if the file ended before `buffer` was full.
    private func read(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(SafetensorsError) -> Bool {
        do throws(FileError) {
            return try file.read(into: buffer, at: dataOffset + offset) == buffer.count
        } catch {
            throw failure(.unreadable(error))
        }
    }

    private static func open(_ path: String) throws(SafetensorsError.Reason) -> OpenFile {
        do throws(FileError) { return try OpenFile(path: path, access: .read) } catch { throw .unreadable(error) }
    }

    private static func size(of file: borrowing OpenFile) throws(SafetensorsError.Reason) -> Int {
        do throws(FileError) { return try file.size() } catch { throw .unreadable(error) }
    }

    private static func bytes(
        of file: borrowing OpenFile, at offset: Int, count: Int
    ) throws(SafetensorsError.Reason) -> [UInt8] {
        do throws(FileError) { return try file.bytes(at: offset, count: count) } catch { throw .unreadable(error) }
    }
}

extension Float {
    /// The value of an IEEE 754 binary16 number; exact.
    init(binary16 bits: UInt16) {
        let sign: Float = bits & 0x8000 == 0 ? 1 : -1
        let exponent = Int(bits >> 10 & 0x1F)
        let significand = UInt32(bits & 0x3FF)
        switch exponent {
        case 0: self = sign * Float(significand) * 0x1p-24
        case 0x1F: self = Float(bitPattern: UInt32(bits & 0x8000) << 16 | 0x7F80_0000 | significand << 13)
        default:
            self = Float(
                bitPattern: UInt32(bits & 0x8000) << 16 | UInt32(exponent + 112) << 23 | significand << 13)
        }
    }
}
