import FileIO
import Glibc
import Interactions
import Training

/// `manifest.json`: what the files of an export hold, and how vectors become recommendations.
struct ExportManifest {
    let model: TrainedModel
    let history: HistoryChoice
    let users: Int
    /// `[users]`: interests that each user really has.
    let interestCounts: [Int32]
    let data: DatasetFingerprint
    let format: ExportFormat

    /// The value of the member `format`, by which a manifest of this kind is known.
    private static let kind = "facet-export"

    /// Writes the manifest, in place of the one that was there.
    ///
    /// - Parameter names: of the files, which are complete.
    func write(files names: [String], in folder: String) throws {
        let isFull = interestCounts.allSatisfy { Int($0) == model.interestsPerUser }
        let isNumpy = format == .npy
        var json = Self.head(of: model.stored)
        json["dimension"] = .integer(model.dimension)
        json["interests_per_user"] = .integer(model.interestsPerUser)
        json["metric"] = "inner_product"
        json["merge"] = "maximum"
        json["history"] = .string(history.rawValue)
        json["history_max"] = .integer(model.historyMax)
        json["items"] = [
            "count": .integer(model.itemCount),
            "vectors": .string(isNumpy ? ExportNames.items : ExportNames.vectors), "ids": .string(ExportNames.itemIds),
        ]
        json["users"] = [
            "count": .integer(users),
            "vectors": .string(isNumpy ? ExportNames.interests : ExportNames.vectors),
            "ids": .string(ExportNames.userIds),
            "interest_counts": isFull ? .null : .array(interestCounts.map { .integer(Int($0)) }),
        ]
        json["parameters_sha256"] = .string(model.parametersDigest)
        json["data"] = data.json
        try Self.write(json, files: names, in: folder)
    }

    /// Writes the manifest of exported parameters.
    static func writeParameters(of stored: StoredModel, files names: [String], in folder: String) throws {
        var json = head(of: stored)
        json["parameters"] = .string(ExportNames.parameters)
        json["rows"] = "line i of items.txt and users.txt, from 1, is row i of a table; row 0 is padding"
        try write(json, files: names, in: folder)
    }

    private static func head(of stored: StoredModel) -> JSONValue {
        [
            "format": .string(kind), "version": 1, "model": .string(stored.entry.name),
            "stage": stored.configuration.stage.map { .string($0.rawValue) } ?? .null,
            "dataset": .string(stored.configuration.dataset),
        ]
    }

    private static func write(_ head: JSONValue, files names: [String], in folder: String) throws {
        var json = head
        json["files"] = .object(
            try names.map { name in
                let file = try ExportedFile(name, in: folder)
                return JSONValue.Member(name, file.json)
            })
        try AtomicFile.write(json.pretty + "\n", to: folder + "/" + ExportNames.manifest)
        try ExportedFile.removeOthers(than: names, in: folder)
    }

    /// Whether a folder has the manifest of an export.
    static func isIn(_ folder: String) -> Bool {
        guard let file = try? OpenFile(path: folder + "/" + ExportNames.manifest, access: .read),
            let size = try? file.size(), let bytes = try? file.bytes(at: 0, count: size),
            let json = try? JSONValue(parsing: bytes)
        else { return false }
        return json["format"] == .string(kind)
    }
}

extension ExportedFile {
    static func exists(_ name: String, in folder: String) -> Bool { access(folder + "/" + name, F_OK) == 0 }
}
