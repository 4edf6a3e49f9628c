import FileIO

/// Writes a safetensors file tensor by tensor, straight from the memory of the caller.
///
/// Names and shapes are fixed first, since the header precedes the data; then the elements follow in that order, each
/// tensor in one piece or in several. The file appears under its name at ``finish()``, complete (see ``AtomicFile``).
///
///     var writer = try SafetensorsWriter(
///         replacing: path, tensors: [.init("item_embeddings.weight", Float.self, shape: [items, d])],
///         metadata: [("model", "ComiRec")])
///     try writer.append(weights)      // UnsafeBufferPointer<Float>
///     try writer.finish()
public struct SafetensorsWriter: ~Copyable {
    /// Name, element type and shape of a tensor that will be written.
    public struct Declaration: Sendable {
        /// The name in the header, which no other tensor of the file may have.
        public let name: String
        /// The type of every element.
        public let type: SafetensorsElementType
        /// Sizes of the dimensions, the slowest first; empty for a single number.
        public let shape: [Int]

        /// - Parameter shape: sizes of the dimensions, the slowest first; their product must fit an `Int`.
        public init<Element: SafetensorsElement>(_ name: String, _: Element.Type, shape: [Int]) {
            precondition(shape.allSatisfy { $0 >= 0 }, "a dimension is never negative")
            self.name = name
            type = Element.safetensorsType
            self.shape = shape
        }

        var size: Int { shape.reduce(type.size, *) }
    }

    private let file: AtomicFile
    private let declarations: [Declaration]
    /// The tensor that the next element belongs to, and the bytes of it that are written.
    private var current = 0
    private var written = 0

    /// Creates the file under a temporary name and writes the header.
    ///
    /// - Parameters:
    ///   - tensors: what will be written, in this order, without a name twice. Element types of 8 bytes belong before
    ///     those of 4, so that a reader that maps the file finds every tensor aligned.
    ///   - metadata: pairs of free text for the reader, without a key twice.
    public init(
        replacing path: String, tensors: [Declaration], metadata: [(key: String, value: String)] = []
    ) throws(FileError) {
        precondition(Set(tensors.map(\.name)).count == tensors.count, "two tensors have the same name")
        precondition(Set(metadata.map(\.key)).count == metadata.count, "two entries of the metadata have the same key")
        precondition(!tensors.contains { $0.name == SafetensorsHeader.metadataKey }, "the name is reserved")
        declarations = tensors
        file = try SafetensorsWriter.begin(path, header: SafetensorsWriter.header(tensors, metadata))
        skipComplete()
    }

    private static func begin(_ path: String, header: [UInt8]) throws(FileError) -> AtomicFile {
        guard header.count - 8 <= SafetensorsHeader.largestLength else {
            throw FileError(
                path: path, operation: .write, reason: "its header would have \(header.count - 8) bytes",
                advice: "the format allows \(SafetensorsHeader.largestLength): write fewer tensors or less metadata")
        }
        let file = try AtomicFile(replacing: path)
        try file.write(header)
        return file
    }

    /// Adds the next elements of the tensor that is not complete yet.
    public mutating func append<Element: SafetensorsElement>(
        _ elements: UnsafeBufferPointer<Element>
    ) throws(FileError) {
        guard !elements.isEmpty else { return }
        precondition(current < declarations.count, "all declared tensors are complete")
        let declaration = declarations[current]
        let bytes = UnsafeRawBufferPointer(elements)
        precondition(declaration.type == Element.safetensorsType, "\(declaration.name) has another element type")
        precondition(bytes.count <= declaration.size - written, "too many elements for \(declaration.name)")
        try file.write(bytes)
        written += bytes.count
        skipComplete()
    }

    /// Adds the next elements from an array.
    public mutating func append<Element: SafetensorsElement>(_ elements: [Element]) throws(FileError) {
        try elements.withUnsafeBufferPointer { elements in
            Result { () throws(FileError) in try append(elements) }
        }.get()
    }

    /// Brings the file to the disk and gives it its name. Every declared tensor must be complete.
    public consuming func finish() throws(FileError) {
        precondition(current == declarations.count, "\(declarations[current].name) is not complete")
        try file.commit()
    }

    private mutating func skipComplete() {
        while current < declarations.count, written == declarations[current].size {
            current += 1
            written = 0
        }
    }

    /// Length and JSON, padded with spaces so that the data begins at a multiple of `alignment`, which is one of 8.
    package static func header(
        _ tensors: [Declaration], _ metadata: [(key: String, value: String)], alignment: Int = 8
    ) -> [UInt8] {
        var members: [JSONValue.Member] = []
        if !metadata.isEmpty {
            let pairs = metadata.map { JSONValue.Member($0.key, .string($0.value)) }
            members.append(.init(SafetensorsHeader.metadataKey, .object(pairs)))
        }
        var offset = 0
        for tensor in tensors {
            let end = offset + tensor.size
            members.append(
                .init(
                    tensor.name,
                    [
                        "dtype": .string(tensor.type.rawValue), "shape": .array(tensor.shape.map { .integer($0) }),
                        "data_offsets": [.integer(offset), .integer(end)],
                    ]))
            offset = end
        }
        var json = Array(JSONValue.object(members).compact.utf8)
        json.append(
            contentsOf: repeatElement(
                UInt8(ascii: " "), count: (2 * alignment - 8 - json.count % alignment) % alignment))
        let length = (0..<8).map { UInt8(truncatingIfNeeded: json.count >> (8 * $0)) }
        return length + json
    }
}
