import Differentiation
import FileIO
import Interactions

/// Parameters as safetensors, under the names of the reference implementations.
///
/// Where ids have holes two further tensors tell which row belongs to which: `item_ids` and, in a file with rows for
/// users, `user_ids`, `[rows]`, 0 for the row of the padding. Where ids are text it is `item_ids.offsets`, `[rows + 1]`,
/// and `item_ids.bytes`: the id of row r in UTF-8 is `bytes[offsets[r]..<offsets[r + 1]]`, empty for the row of the
/// padding; `user_ids` alike. In a file without them the rows are numbered by the ids.
public enum ModelFile {
    /// Name of the tensor of the items' ids.
    package static let itemIds = "item_ids"
    /// Name of the tensor of the users' ids.
    package static let userIds = "user_ids"
    /// What their names end with where ids are text.
    private static let offsets = ".offsets"
    private static let bytes = ".bytes"

    /// Whether a tensor is one of ids, not of parameters.
    package static func isOfIds(_ name: String) -> Bool {
        [itemIds, userIds].contains { [$0, $0 + offsets, $0 + bytes].contains(name) }
    }

    /// Writes all parameters to `path`, which appears complete or not at all.
    ///
    /// - Parameter ids: what the rows of tables belong to, by the name of their tensor.
    public static func write(
        _ values: ParameterValues, _ layout: ParameterLayout, to path: String,
        ids: [(name: String, vocabulary: Vocabulary)] = [], metadata: [(key: String, value: String)] = []
    ) throws(FileError) {
        let tensors = IdTensors(ids)
        var writer = try SafetensorsWriter(
            replacing: path, tensors: tensors.declarations(around: layout), metadata: metadata)
        for entry in tensors.wide { try writer.append(entry.values) }
        for specification in layout.specifications {
            let parameter = specification.parameter
            try writer.append(UnsafeBufferPointer(start: values(parameter), count: parameter.count))
        }
        for entry in tensors.text { try writer.append(entry.values) }
        try writer.finish()
    }

    /// What the rows of a table in a file belong to.
    ///
    /// - Parameters:
    ///   - name: of the tensor of ids.
    ///   - rows: of the table, with that of the padding.
    package static func ids(_ name: String, in file: SafetensorsFile, rows: Int) throws -> Vocabulary {
        if file[name + offsets] != nil || file[name + bytes] != nil { return try names(name, in: file, rows: rows) }
        guard file[name] != nil else { return .numbered(rows - 1) }
        guard let ids = Vocabulary(idsOfRows: try file.integers(name).map { Int64($0) }), ids.count == rows - 1 else {
            throw ModelFileError(
                path: file.path, problem: "\(name) does not have an id, ascending, for each of the \(rows - 1) rows",
                recoverySuggestion: "restore the file that the training wrote")
        }
        return ids
    }

    private static func names(_ name: String, in file: SafetensorsFile, rows: Int) throws -> Vocabulary {
        func wrong(_ fact: String) -> ModelFileError {
            ModelFileError(
                path: file.path, problem: "\(name) does not name each of the \(rows - 1) rows: \(fact)",
                recoverySuggestion: "restore the file that the training wrote")
        }
        guard file[name] == nil else { throw wrong("the ids are numbers and text") }
        guard let bytes = file[name + Self.bytes], bytes.type == .uint8, let offsets = file[name + Self.offsets],
            offsets.type == .int64
        else { throw wrong("bytes (U8) or offsets (I64) are missing") }
        guard offsets.count == rows + 1 else { throw wrong("there are \(offsets.count) offsets") }
        let text = try file.bytes(bytes.name)
        let starts = try file.integers(offsets.name).map { Int64($0) }
        do throws(NamedIdFault) { return try Vocabulary(bytesOfRows: text, offsetsOfRows: starts) } catch {
            throw wrong("\(error)")
        }
    }

    /// Reads the parameters of `file` into `values`.
    ///
    /// Each of the model's parameters must be in the file with the model's shape, and the file must hold nothing else.
    ///
    /// - Parameters:
    ///   - prefix: when given, only the parameters whose names begin with it are read, and the others in the file do
    ///     not matter.
    ///   - unused: tensors whose names begin with one of these may be there, too.
    ///   - part: what of the parameters is read; nil: all of them.
    public static func read(
        _ file: SafetensorsFile, into values: ParameterValues, _ layout: ParameterLayout,
        prefix: String? = nil, unused: [String] = [], part: ParameterSlice? = nil
    ) throws {
        let isWanted = { (name: String) in prefix.map { name.hasPrefix($0) } ?? true }
        for name in file.names
        where isWanted(name) && !isOfIds(name) && layout.specification(named: name) == nil
            && !unused.contains(where: { name.hasPrefix($0) })
        {
            throw ModelFileError(
                path: file.path, problem: "the model has no parameter \(name)",
                recoverySuggestion: "the file belongs to another model or stage, or to the same with other options")
        }
        for specification in layout.specifications where isWanted(specification.name) {
            guard let tensor = file[specification.name] else {
                throw ModelFileError(
                    path: file.path, problem: "there is no tensor \(specification.name)",
                    recoverySuggestion: "the file belongs to another model, or to the same with other options")
            }
            guard tensor.shape == specification.shape else {
                throw ModelFileError(
                    path: file.path,
                    problem: "\(specification.name) has the shape \(tensor.shape), the model \(specification.shape)",
                    recoverySuggestion: "use the options and the data set that the file was made with")
            }
            let parameter = specification.parameter
            let range = part?.values(of: parameter) ?? 0..<parameter.count
            try file.readFloats(
                specification.name, range,
                into: UnsafeMutableBufferPointer(start: values(parameter) + range.lowerBound, count: range.count))
        }
    }

    /// The ``digest(_:_:)`` of the parameters in a file that ``write(_:_:to:ids:metadata:)`` has written, without having
    /// all of them in memory.
    package static func digest(of file: SafetensorsFile, _ layout: ParameterLayout) throws(SafetensorsError) -> String {
        var digest = SHA256()
        let piece = UnsafeMutableBufferPointer<Float>.allocate(capacity: 1 << 20)
        defer { piece.deallocate() }
        for specification in layout.specifications.sorted(by: { $0.name < $1.name }) {
            let count = specification.parameter.count
            for start in stride(from: 0, to: count, by: piece.count) {
                let range = start..<min(start + piece.count, count)
                let room = UnsafeMutableBufferPointer(rebasing: piece[..<range.count])
                try file.readFloats(specification.name, range, into: room)
                digest.update(UnsafeBufferPointer(room))
            }
        }
        return digest.hexDigest
    }

    /// What is in a file of parameters beside them, and where they are: for those who write the values in parts.
    package struct Frame {
        /// Header and ids, from the first byte of the file on.
        package let head: [UInt8]
        /// The byte that the values of each parameter of the layout begin at.
        package let offsets: [Int]
        /// The ids that are text, from byte ``tailOffset`` on.
        package let tail: [UInt8]
        /// Where the parameters end.
        package let tailOffset: Int
    }

    /// The frame of a file as ``write(_:_:to:ids:metadata:)`` writes it.
    package static func frame(
        _ layout: ParameterLayout, ids: [(name: String, vocabulary: Vocabulary)],
        metadata: [(key: String, value: String)]
    ) -> Frame {
        let tensors = IdTensors(ids)
        var head = SafetensorsWriter.header(tensors.declarations(around: layout), metadata)
        for entry in tensors.wide { entry.values.withUnsafeBytes { head.append(contentsOf: $0) } }
        var end = head.count
        let offsets = layout.specifications.map { specification in
            defer { end += specification.parameter.count * MemoryLayout<Float>.stride }
            return end
        }
        return Frame(head: head, offsets: offsets, tail: tensors.text.flatMap(\.values), tailOffset: end)
    }

    /// The tensors of ids, those of 8 bytes before the parameters and those of single bytes behind them.
    private struct IdTensors {
        private(set) var wide: [(name: String, values: [Int64])] = []
        private(set) var text: [(name: String, values: [UInt8])] = []

        init(_ ids: [(name: String, vocabulary: Vocabulary)]) {
            for (name, vocabulary) in ids {
                if let rows = vocabulary.idsOfRows { wide.append((name, rows)) }
                guard let names = vocabulary.namesOfRows else { continue }
                wide.append((name + ModelFile.offsets, names.offsets))
                text.append((name + ModelFile.bytes, names.bytes))
            }
        }

        func declarations(around layout: ParameterLayout) -> [SafetensorsWriter.Declaration] {
            wide.map { SafetensorsWriter.Declaration($0.name, Int64.self, shape: [$0.values.count]) }
                + layout.specifications.map { SafetensorsWriter.Declaration($0.name, Float.self, shape: $0.shape) }
                + text.map { SafetensorsWriter.Declaration($0.name, UInt8.self, shape: [$0.values.count]) }
        }
    }

    /// SHA-256 over the bytes of all parameters in the order of their names: two trainings agree if and only if these
    /// agree.
    public static func digest(_ values: ParameterValues, _ layout: ParameterLayout) -> String {
        var digest = SHA256()
        for specification in layout.specifications.sorted(by: { $0.name < $1.name }) {
            let parameter = specification.parameter
            digest.update(UnsafeBufferPointer(start: UnsafePointer(values(parameter)), count: parameter.count))
        }
        return digest.hexDigest
    }
}
