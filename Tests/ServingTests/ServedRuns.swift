import Foundation
import Interactions
import Recommenders
import Serving
import TrainerSupport
import Training

/// Trained models of all kinds on one small data set, made once.
enum ServedRuns {
    static let users = 130
    static let items = 90
    static let dataset = "shop"

    /// Models with the options that they are trained with, by the names of their runs.
    static let models: [(run: String, options: [String])] =
        RecommenderCatalogue.entries.map { ($0.name, ["--model", $0.name]) } + [
            ("TiMiRec-pretrain", ["--model", "TiMiRec", "--stage", "pretrain"]),
            ("MIND-adaptive", ["--model", "MIND", "--adaptive-interests", "1", "--interests", "4"]),
        ]

    static var names: [String] { models.map(\.run) }

    /// A folder with `data/shop` and a run of each model.
    static func workspace() async throws -> Workspace { try await making.value }

    /// What is known of the users, by the numbers of users and items.
    static func histories() async throws -> UserHistories {
        let dataset = try InteractionDataset.load(folder: try await workspace()("data/" + dataset))
        return UserHistories(dataset, users: dataset.presentUsers)
    }

    private static let making = Task {
        let workspace = try Workspace.untilExit()
        try await Launch.alone.successfulTrainer([
            "data", "generate", "--out", workspace("data/" + dataset), "--users", "\(users)", "--items", "\(items)",
            "--clusters", "9", "--mean-interactions", "12", "--negatives", "20",
        ])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (run, options) in models {
                group.addTask {
                    let several = options.contains("--interests") ? [] : ["--interests", "3"]
                    try await Launch.alone.successfulTrainer(
                        [
                            "train", "--quiet", "--data-root", workspace("data"), "--dataset", dataset, "--epochs", "2",
                            "--embedding-size", "12", "--history-max", "9", "--batch-size", "64", "--lr", "0.02",
                            "--out", workspace(run),
                        ] + several + options)
                }
            }
            try await group.waitForAll()
        }
        return workspace
    }
}

/// A line of recommendations.
struct TableRow: Equatable {
    let user: String
    let item: String
    let rank: Int
    let score: Float
    let interest: Int?

    /// The rows of a file in the format `tsv`.
    static func rows(_ text: String) -> [TableRow] {
        text.split(separator: "\n").dropFirst().map { line in
            let fields = line.split(separator: "\t").map(String.init)
            return TableRow(
                user: fields[0], item: fields[1], rank: Int(fields[2]) ?? 0, score: Float(fields[3]) ?? .nan,
                interest: fields.count > 4 ? Int(fields[4]) : nil)
        }
    }

    /// Items by user, the best one first.
    static func items(_ text: String) -> [String: [String]] {
        rows(text).reduce(into: [:]) { $0[$1.user, default: []].append($1.item) }
    }
}

/// An array as `numpy.save` writes it.
struct NumpyArray {
    let shape: [Int]
    let values: [Float]

    /// Reads the header by its own rules, apart from what wrote it.
    init(path: String) throws {
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        guard bytes.starts(with: [0x93] + Array("NUMPY".utf8) + [1, 0]) else { throw Fault() }
        let start = 10 + Int(bytes[8]) + Int(bytes[9]) << 8
        let header = String(decoding: bytes[10..<start], as: UTF8.self)
        guard start % 64 == 0, header.hasSuffix("\n"), header.contains("'descr': '<f4'"),
            header.contains("'fortran_order': False"),
            let tuple = header.firstMatch(of: /'shape': \(([0-9, ]*)\)/)?.1
        else { throw Fault() }
        shape = tuple.split(separator: ",").compactMap { Int($0.filter(\.isNumber)) }
        values = bytes[start...].withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
        guard values.count == shape.reduce(1, *) else { throw Fault() }
    }

    struct Fault: Error {}
}

/// The vectors of an export, and recommendations by plain loops over them.
struct ExportedVectors {
    let items: NumpyArray
    let interests: NumpyArray
    let itemIds: [String]
    let userIds: [String]

    init(folder: String) throws {
        items = try NumpyArray(path: folder + "/items.npy")
        interests = try NumpyArray(path: folder + "/interests.npy")
        func lines(_ name: String) throws -> [String] {
            try String(contentsOfFile: folder + "/" + name, encoding: .utf8).split(separator: "\n").map(String.init)
        }
        itemIds = try lines("items.txt")
        userIds = try lines("users.txt")
    }

    var interestCount: Int { interests.shape[1] }
    var size: Int { items.shape[1] }

    /// `<v, e>`, fused from the first column to the last, as scores are defined.
    func product(_ user: Int, _ interest: Int, _ item: Int) -> Float {
        var sum: Float = 0
        for column in 0..<size {
            sum.addProduct(
                interests.values[(user * interestCount + interest) * size + column], items.values[item * size + column])
        }
        return sum
    }

    /// The score of an item, and the first interest that gives it.
    func score(_ user: Int, _ item: Int) -> (score: Float, interest: Int) {
        var best = (score: product(user, 0, item), interest: 0)
        for interest in 1..<max(interestCount, 1) {
            let other = product(user, interest, item)
            if other > best.score { best = (other, interest) }
        }
        return best
    }

    /// The best items of a user, but for those left out.
    func rows(_ user: Int, top: Int, without excluded: Set<String>) -> [TableRow] {
        let scored = itemIds.indices.filter { !excluded.contains(itemIds[$0]) }.map { item in
            (item: item, found: score(user, item))
        }.sorted { ($1.found.score, $0.item) < ($0.found.score, $1.item) }
        return scored.prefix(top).enumerated().map { index, entry in
            TableRow(
                user: userIds[user], item: itemIds[entry.item], rank: index + 1, score: entry.found.score,
                interest: entry.found.interest)
        }
    }
}
