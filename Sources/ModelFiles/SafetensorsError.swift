import FileIO

/// A safetensors file that cannot be used, with the reason.
public struct SafetensorsError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong with a file, or with what was asked of it.
    public enum Reason: Error, Equatable {
        /// The system could not open or read the file.
        case unreadable(FileError)
        /// Fewer than the 8 bytes of the header's length.
        case tooShort(bytes: Int)
        /// The header is said to be longer than 100 MB, or longer than the file.
        case headerLength(UInt64, available: Int)
        /// A file of PyTorch: a pickle, or a zip archive that holds one.
        case pyTorch
        /// The header does not begin with `{`.
        case headerStart
        /// The header is not JSON, or not the JSON of a safetensors header.
        case header(JSONError)
        /// Two tensors have this name, or the metadata are there twice.
        case duplicateName(String)
        /// The format has no such element type.
        case unknownType(tensor: String, type: String)
        /// The number of bytes that the shape asks for does not fit 63 bits.
        case sizeOverflow(tensor: String)
        /// The shape asks for another number of bytes than the offsets span.
        case size(tensor: String, shape: Int, offsets: Int)
        /// The end lies before the beginning.
        case reversedOffsets(tensor: String)
        /// A tensor begins before the one in front of it, `with`, ends.
        case overlap(tensor: String, with: String)
        /// Bytes that belong to no tensor.
        case hole(bytes: Int, before: String)
        /// The tensors end after the file does.
        case pastEnd(tensor: String, missing: Int)
        /// Bytes behind the last tensor.
        case trailingBytes(Int)
        /// Asked for by the caller: no such tensor.
        case missing(tensor: String)
        /// Asked for by the caller: elements of this type cannot be converted to what was asked for.
        case type(tensor: String, found: SafetensorsElementType, wanted: String)
        /// Asked for by the caller: another number of elements.
        case count(tensor: String, found: Int, wanted: Int)
        /// An unsigned number beyond `Int.max`.
        case integerOutOfRange(tensor: String)
        /// More than this machine's memory.
        case tooLarge(tensor: String, bytes: Int)
        /// The file became shorter while it was read.
        case changed(tensor: String)
    }

    /// The file that cannot be used.
    public let path: String
    /// What is wrong with it.
    public let reason: Reason

    /// An error about the file at `path`.
    public init(path: String, reason: Reason) {
        self.path = path
        self.reason = reason
    }

    public var description: String {
        if case .unreadable(let error) = reason { return error.description }
        return "\(path.printable(limit: 2_000)): \(fact.printable())\n\(advice)"
    }

    /// What is wrong, without the file's name.
    package var fact: String {
        switch reason {
        case .unreadable(let error): "it \(error.operation.rawValue): \(error.reason)"
        case .tooShort(let bytes): "a safetensors file begins with 8 bytes of length, this one has \(bytes)"
        case .headerLength(let length, let available):
            "the header is said to have \(length) bytes, the file has room for \(available)"
                + " and \(SafetensorsHeader.largestLength) are allowed"
        case .pyTorch: "it is a file of PyTorch, and parameters are read from safetensors"
        case .headerStart: "the header does not begin with {"
        case .header(let error): "the header is damaged at \(error)"
        case .duplicateName(let name): "the header has the name \(name) twice"
        case .unknownType(let tensor, let type): "\(tensor) has the unknown element type \(type)"
        case .sizeOverflow(let tensor): "\(tensor) has a shape beyond any memory"
        case .size(let tensor, let shape, let offsets):
            "\(tensor) needs \(shape) bytes by its shape, but has \(offsets) by its offsets"
        case .reversedOffsets(let tensor): "\(tensor) ends before it begins"
        case .overlap(let tensor, let other): "\(tensor) and \(other) overlap"
        case .hole(let bytes, let tensor): "\(bytes) bytes before \(tensor) belong to no tensor"
        case .pastEnd(let tensor, let missing): "\(tensor) ends \(missing) bytes after the file"
        case .trailingBytes(let bytes): "\(bytes) bytes follow the last tensor"
        case .missing(let tensor): "there is no tensor \(tensor)"
        case .type(let tensor, let found, let wanted): "\(tensor) has elements of type \(found.rawValue), not \(wanted)"
        case .count(let tensor, let found, let wanted): "\(tensor) has \(found) elements, expected \(wanted)"
        case .integerOutOfRange(let tensor): "\(tensor) has a number beyond \(Int.max)"
        case .tooLarge(let tensor, let bytes): "\(tensor) needs \(bytes) bytes, more than the memory of this machine"
        case .changed(let tensor): "the file became shorter while \(tensor) was read"
        }
    }

    /// Lines of Python that write the tensors of a state dictionary as safetensors.
    ///
    /// Tensors may share memory or have gaps, which the format has no room for.
    static func conversion(of path: String) -> String {
        let name = path.split(separator: "/").last ?? ""
        var stem = name.dropFirst().contains(".") ? String(path[..<(path.lastIndex(of: ".") ?? path.endIndex)]) : path
        if stem + ".safetensors" == path { stem += "-converted" }
        let (source, result) = (JSONValue.string(path).compact, JSONValue.string(stem + ".safetensors").compact)
        return """
            convert it with three lines of Python and name \(result)
            import torch; from safetensors.torch import save_file
            state = torch.load(\(source), map_location="cpu", weights_only=True)
            save_file({name: tensor.clone().contiguous() for name, tensor in state.items()}, \(result))
            """
    }

    private var advice: String {
        switch reason {
        case .pyTorch: Self.conversion(of: path)
        case .tooShort, .headerLength, .headerStart, .pastEnd, .trailingBytes:
            "it is not a safetensors file or was cut off: copy or write it again"
        case .missing, .type, .count: "check that the file belongs to this model and its options"
        case .tooLarge: "use a machine with more memory"
        case .changed: "wait until nothing writes to the file, then try again"
        default: "the program that wrote it is at fault or the file is damaged: write it again"
        }
    }
}
