import FileIO

/// The JSON header of a safetensors file: what lies where, checked against everything a reader must refuse.
struct SafetensorsHeader {
    /// The limit of the format's own reader.
    static let largestLength = 100_000_000
    static let metadataKey = "__metadata__"

    private(set) var tensors: [SafetensorsTensor] = []
    private(set) var metadata: [(key: String, value: String)] = []
    /// Index into `tensors`. Names that Unicode holds for equal are the same name here, so such a pair is refused.
    private(set) var indices: [String: Int] = [:]

    /// - Parameters:
    ///   - bytes: the header without its length.
    ///   - dataSize: bytes that follow the header in the file.
    init(parsing bytes: [UInt8], dataSize: Int) throws(SafetensorsError.Reason) {
        guard bytes.first == UInt8(ascii: "{") else { throw .headerStart }
        // Set by what is not an error of syntax, which the scanner's closures cannot throw.
        var refusal: SafetensorsError.Reason?
        do throws(JSONError) {
            var scanner = JSONScanner(bytes)
            try scanner.expect("{")
            var hasMetadata = false
            try scanner.list(until: "}") { scanner throws(JSONError) in
                let name = try scanner.string()
                try scanner.expect(":")
                if name == SafetensorsHeader.metadataKey {
                    if hasMetadata { refusal = refusal ?? .duplicateName(name) }
                    hasMetadata = true
                    metadata = try scanner.safetensorsMetadata()
                } else {
                    let entry = try scanner.safetensorsEntry()
                    do throws(SafetensorsError.Reason) {
                        try add(name: name, entry)
                    } catch {
                        refusal = refusal ?? error
                    }
                }
                if refusal != nil { throw scanner.failure("refused") }
            }
            try scanner.expectEnd()
        } catch {
            throw refusal ?? .header(error)
        }
        try checkLayout(dataSize: dataSize)
    }

    private mutating func add(name: String, _ entry: SafetensorsEntry) throws(SafetensorsError.Reason) {
        guard indices.updateValue(tensors.count, forKey: name) == nil else { throw .duplicateName(name) }
        guard let type = SafetensorsElementType(rawValue: entry.type) else {
            throw .unknownType(tensor: name, type: entry.type)
        }
        guard entry.begin <= entry.end else { throw .reversedOffsets(tensor: name) }
        var size = type.size
        for dimension in entry.shape {
            let (product, overflow) = size.multipliedReportingOverflow(by: dimension)
            // A later zero would hide the overflow; the format's own reader refuses as well.
            if overflow { throw .sizeOverflow(tensor: name) }
            size = product
        }
        guard size == entry.end - entry.begin else {
            throw .size(tensor: name, shape: size, offsets: entry.end - entry.begin)
        }
        tensors.append(
            SafetensorsTensor(name: name, type: type, shape: entry.shape, bytes: entry.begin..<entry.end))
    }

    /// The tensors must lie side by side from the first byte of the data to the last.
    private func checkLayout(dataSize: Int) throws(SafetensorsError.Reason) {
        let order = tensors.indices.sorted { first, second in
            let (a, b) = (tensors[first].bytes, tensors[second].bytes)
            return (a.lowerBound, a.upperBound) < (b.lowerBound, b.upperBound)
        }
        var end = 0
        var last: String?
        for tensor in order.lazy.map({ tensors[$0] }) {
            if tensor.bytes.lowerBound > end { throw .hole(bytes: tensor.bytes.lowerBound - end, before: tensor.name) }
            if tensor.bytes.lowerBound < end { throw .overlap(tensor: tensor.name, with: last ?? tensor.name) }
            end = tensor.bytes.upperBound
            last = tensor.name
        }
        if end > dataSize { throw .pastEnd(tensor: last ?? "", missing: end - dataSize) }
        if end < dataSize { throw .trailingBytes(dataSize - end) }
    }
}

/// The description of one tensor as it is spelled in the header.
struct SafetensorsEntry {
    var type = ""
    var shape: [Int] = []
    var begin = 0
    var end = 0
}

extension JSONScanner {
    /// `{"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}`, the keys in any order, each once, no others.
    fileprivate mutating func safetensorsEntry() throws(JSONError) -> SafetensorsEntry {
        var entry = SafetensorsEntry()
        var (hasType, hasShape, hasOffsets) = (false, false, false)
        try expect("{")
        try list(until: "}") { scanner throws(JSONError) in
            let start = scanner.offset
            let key = try scanner.string()
            try scanner.expect(":")
            switch key {
            case "dtype" where !hasType:
                hasType = true
                entry.type = try scanner.string()
            case "shape" where !hasShape:
                hasShape = true
                try scanner.expect("[")
                try scanner.list(until: "]") { scanner throws(JSONError) in entry.shape.append(try scanner.count()) }
            case "data_offsets" where !hasOffsets:
                hasOffsets = true
                try scanner.expect("[")
                entry.begin = try scanner.count()
                try scanner.expect(",")
                entry.end = try scanner.count()
                try scanner.expect("]")
            case "dtype", "shape", "data_offsets":
                throw JSONError(offset: start, reason: "the key \(key) is there twice")
            default: throw JSONError(offset: start, reason: "unknown key \(key)")
            }
        }
        guard hasType, hasShape, hasOffsets else { throw failure("dtype, shape or data_offsets is missing") }
        return entry
    }

    fileprivate mutating func safetensorsMetadata() throws(JSONError) -> [(key: String, value: String)] {
        var pairs: [(key: String, value: String)] = []
        var keys: Set<String> = []
        try expect("{")
        try list(until: "}") { scanner throws(JSONError) in
            let start = scanner.offset
            let key = try scanner.string()
            guard keys.insert(key).inserted else {
                throw JSONError(offset: start, reason: "the key \(key) is there twice")
            }
            try scanner.expect(":")
            pairs.append((key, try scanner.string()))
        }
        return pairs
    }
}
