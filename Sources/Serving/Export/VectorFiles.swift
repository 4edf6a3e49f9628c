import FileIO
import Glibc
import Interactions
import ModelFiles

/// What vectors are exported as.
public enum ExportFormat: String, Sendable, CaseIterable {
    /// `items.npy` and `interests.npy`.
    case npy
    /// `vectors.safetensors` with the tensors `items` and `interests`.
    case safetensors
    /// `state_dict.safetensors` with the parameters of the model, under the names of the reference implementations.
    case pytorch
}

/// The names of files of an export.
enum ExportNames {
    static let items = "items.npy"
    static let interests = "interests.npy"
    static let vectors = "vectors.safetensors"
    static let parameters = "state_dict.safetensors"
    static let itemIds = "items.txt"
    static let userIds = "users.txt"
    static let manifest = "manifest.json"

    static let all = [items, interests, vectors, parameters, itemIds, userIds, manifest]
}

/// The files of vectors that are being written; none has its name before ``finish()``.
final class VectorFiles {
    private let folder: String
    private var interests: NumpyWriter?
    private var items: NumpyWriter?
    private var vectors: SafetensorsWriter?
    private var itemIds: AtomicFile?
    private var userIds: AtomicFile?

    /// Writes the items; users follow.
    ///
    /// - Parameters:
    ///   - users: how many will follow.
    init(
        _ format: ExportFormat, in folder: String, model: TrainedModel, users: Int
    ) throws(FileError) {
        self.folder = folder
        let size = model.dimension
        let shapes = (items: [model.itemCount, size], interests: [users, model.interestsPerUser, size])
        let table = UnsafeBufferPointer(start: model.itemVectors + size, count: model.itemCount * size)
        if format == .safetensors {
            var writer = try SafetensorsWriter(
                replacing: folder + "/" + ExportNames.vectors,
                tensors: [
                    .init("items", Float.self, shape: shapes.items),
                    .init("interests", Float.self, shape: shapes.interests),
                ])
            try writer.append(table)
            vectors = consume writer
        } else {
            var writer = try NumpyWriter(replacing: folder + "/" + ExportNames.items, shape: shapes.items)
            try writer.append(table)
            items = consume writer
            interests = try NumpyWriter(replacing: folder + "/" + ExportNames.interests, shape: shapes.interests)
        }
        let file = try AtomicFile(replacing: folder + "/" + ExportNames.itemIds)
        try file.write(model.stored.itemIds.lines)
        itemIds = consume file
        userIds = try AtomicFile(replacing: folder + "/" + ExportNames.userIds)
    }

    /// Adds users: their ids as lines, and their interests.
    func append(ids: ArraySlice<UInt8>, interests values: ArraySlice<Float>) throws(FileError) {
        try userIds?.write(Array(ids))
        try values.withUnsafeBufferPointer { values in
            Result { () throws(FileError) in
                try interests?.append(values)
                try vectors?.append(values)
            }
        }.get()
    }

    /// Gives the files their names.
    ///
    /// - Returns: the names.
    func finish() throws(FileError) -> [String] {
        var names: [String] = []
        if let file = items.take() {
            try file.finish()
            names.append(ExportNames.items)
        }
        if let file = itemIds.take() {
            try file.commit()
            names.append(ExportNames.itemIds)
        }
        if let file = interests.take() {
            try file.finish()
            names.append(ExportNames.interests)
        }
        if let file = vectors.take() {
            try file.finish()
            names.append(ExportNames.vectors)
        }
        if let file = userIds.take() {
            try file.commit()
            names.append(ExportNames.userIds)
        }
        return names
    }
}

extension Vocabulary {
    /// All ids, one a line, in the order of their numbers.
    var lines: [UInt8] {
        var bytes: [UInt8] = []
        for number in 0..<count {
            bytes += text(of: Int32(number + 1)).utf8
            bytes.append(0x0A)
        }
        return bytes
    }
}

/// A file as a manifest lists it.
struct ExportedFile {
    let name: String
    let bytes: Int
    let digest: String

    /// Reads the file that was written.
    init(_ name: String, in folder: String) throws(FileError) {
        let file = try OpenFile(path: folder + "/" + name, access: .read)
        var hash = SHA256()
        var offset = 0
        while true {
            let part = try file.bytes(at: offset, count: 1 << 22)
            guard !part.isEmpty else { break }
            part.withUnsafeBytes { hash.update($0) }
            offset += part.count
        }
        self.name = name
        bytes = offset
        digest = hash.hexDigest
    }

    /// Removes what an export before has left in the folder, and this one has not written.
    ///
    /// - Parameter names: of the files of this export, without the manifest.
    static func removeOthers(than names: [String], in folder: String) throws(FileError) {
        for name in ExportNames.all where name != ExportNames.manifest && !names.contains(name) {
            let path = folder + "/" + name
            guard unlink(path) == 0 || errno == ENOENT else {
                throw FileError(path: path, operation: .replace, code: errno)
            }
        }
    }

    var json: JSONValue { ["bytes": .integer(bytes), "sha256": .string(digest)] }
}
