import FileIO
import Foundation
import ModelFiles
import Testing
import TrainerSupport

/// `trainer export` and `trainer similar`.
@Suite struct ExportTests {
    private static func export(
        _ run: String, to folder: String, _ options: [String] = [], _ launch: Launch = .alone
    ) async throws {
        try await launch.successfulTrainer(
            ["export", "--checkpoint", try await ServedRuns.workspace()(run), "--out", folder, "--quiet"] + options)
    }

    private static func manifest(_ folder: String) throws -> JSONValue {
        try JSONValue(parsing: try String(contentsOfFile: folder + "/manifest.json", encoding: .utf8))
    }

    @Test func `files have the same bytes on any number of ranks`() async throws {
        for (run, options) in [("ComiRec", []), ("LightGCN", ["--format", "safetensors"])] as [(String, [String])] {
            let scratch = try Workspace()
            var found: [[String: Data]] = []
            for launch in [Launch.alone, .ranks(2), .ranks(3), .ranks(8)] {
                try await Self.export(run, to: scratch("vectors"), options, launch)
                found.append(files(below: scratch("vectors")))
            }
            #expect(Set(found).count == 1, "\(run)")
        }
    }

    @Test func `the manifest says what the files are, and their digests`() async throws {
        let scratch = try Workspace()
        try await Self.export("ComiRec", to: scratch("a/vectors"))
        let folder = scratch("a/vectors")
        let manifest = try Self.manifest(folder)
        #expect(manifest["model"] == .string("ComiRec") && manifest["metric"] == .string("inner_product"))
        #expect(manifest["merge"] == .string("maximum") && manifest["dimension"] == .integer(12))
        #expect(manifest["interests_per_user"] == .integer(3) && manifest["history"] == .string("all"))
        #expect(manifest["items"]?["count"] == .integer(ServedRuns.items))
        #expect(manifest["users"]?["count"] == .integer(ServedRuns.users))
        #expect(manifest["users"]?["interest_counts"] == .null)
        let run = try FinishedRun(folder: try await ServedRuns.workspace()("ComiRec"))
        #expect(manifest["parameters_sha256"] == run.result["parameters_sha256"])
        #expect(manifest["data"] == run.result["data"])
        let content = files(below: folder)
        #expect(Set(content.keys) == ["items.npy", "items.txt", "interests.npy", "users.txt", "manifest.json"])
        for (name, data) in content where name != "manifest.json" {
            let digest = data.withUnsafeBytes { SHA256.hexDigest(of: $0) }
            #expect(manifest["files"]?[name] == ["bytes": .integer(data.count), "sha256": .string(digest)])
        }
    }

    @Test func `safetensors hold what the arrays of NumPy hold`() async throws {
        let scratch = try Workspace()
        try await Self.export("SASRec", to: scratch("npy"))
        try await Self.export("SASRec", to: scratch("safetensors"), ["--format", "safetensors"])
        let vectors = try ExportedVectors(folder: scratch("npy"))
        let file = try SafetensorsFile(path: scratch("safetensors/vectors.safetensors"))
        #expect(file["items"]?.shape == vectors.items.shape && file["interests"]?.shape == vectors.interests.shape)
        #expect(try file.floats("items") == vectors.items.values)
        #expect(try file.floats("interests") == vectors.interests.values)
        for name in ["items.txt", "users.txt"] {
            #expect(
                try Data(contentsOf: URL(filePath: scratch("npy/" + name)))
                    == Data(contentsOf: URL(filePath: scratch("safetensors/" + name))))
        }
    }

    /// `max(1, min(K, floor(log2 L)))` interests for a history of L items, cut to the newest 9.
    @Test func `users with fewer interests are marked, and hold none that scores above the others`() async throws {
        let scratch = try Workspace()
        try await Self.export("MIND-adaptive", to: scratch("vectors"))
        let histories = try await ServedRuns.histories()
        let vectors = try ExportedVectors(folder: scratch("vectors"))
        guard case .array(let counts) = try Self.manifest(scratch("vectors"))["users"]?["interest_counts"] else {
            Issue.record("no counts")
            return
        }
        let expected = histories.users.indices.map { user in
            let length = min(histories.length(user), 9)
            return max(1, min(4, Int.bitWidth - 1 - length.leadingZeroBitCount))
        }
        #expect(counts == expected.map { .integer($0) } && Set(expected).count > 1 && vectors.interestCount == 4)
        let size = 4 * vectors.size
        for (user, count) in expected.enumerated() {
            let own = Array(vectors.interests.values[user * size..<(user + 1) * size])
            let first = own[..<vectors.size]
            for interest in count..<4 { #expect(own[interest * vectors.size..<(interest + 1) * vectors.size] == first) }
        }
    }

    @Test func `users of a list, and of a part of their histories`() async throws {
        let scratch = try Workspace()
        let list = try scratch.write("users.txt", "9\n120\n2\n")
        try await Self.export("ComiRec", to: scratch("all"))
        try await Self.export("ComiRec", to: scratch("some"), ["--users", list])
        try await Self.export("ComiRec", to: scratch("train"), ["--users", list, "--history", "train"])
        let (all, some) = (try ExportedVectors(folder: scratch("all")), try ExportedVectors(folder: scratch("some")))
        #expect(some.userIds == ["9", "120", "2"] && some.interests.shape == [3, 3, 12])
        let size = 3 * 12
        for (row, user) in [8, 119, 1].enumerated() {
            #expect(
                some.interests.values[row * size..<(row + 1) * size]
                    == all.interests.values[user * size..<(user + 1) * size])
        }
        #expect(try ExportedVectors(folder: scratch("train")).interests.values != some.interests.values)
        #expect(try Self.manifest(scratch("train"))["history"] == .string("train"))
    }

    @Test(arguments: ["ComiRec", "TiMiRec", "LightGCN"])
    func `parameters for PyTorch are those of the run, without the ids of rows`(run: String) async throws {
        let scratch = try Workspace()
        try await Self.export(run, to: scratch("parameters"), ["--format", "pytorch"])
        let file = try SafetensorsFile(path: scratch("parameters/state_dict.safetensors"))
        let own = try SafetensorsFile(path: try await ServedRuns.workspace()(run) + "/model/model.safetensors")
        #expect(file.names == own.names)
        for name in file.names { #expect(try file.bytes(name) == own.bytes(name)) }
        let names = Set(files(below: scratch("parameters")).keys)
        #expect(
            names
                == Set(
                    ["state_dict.safetensors", "items.txt", "manifest.json"] + (run == "LightGCN" ? ["users.txt"] : []))
        )
    }

    @Test func `an export takes the place of another one, and of nothing else`() async throws {
        let scratch = try Workspace()
        try await Self.export("ComiRec", to: scratch("vectors"))
        let before = files(below: scratch("vectors"))
        try await Self.export("GRU4Rec", to: scratch("vectors"))
        #expect(try Self.manifest(scratch("vectors"))["model"] == .string("GRU4Rec"))
        try await Self.export("ComiRec", to: scratch("vectors"))
        #expect(files(below: scratch("vectors")) == before)
        try scratch.write("own/items.txt", "of somebody\n")
        try await expectRefusal(
            65 - 1, naming: ["own holds a file items.txt that no export has written", "--out"],
            ["export", "--checkpoint", try await ServedRuns.workspace()("ComiRec"), "--out", scratch("own")],
            leaving: scratch("own"))
    }

    @Test func `similar items are those of plain loops`() async throws {
        let scratch = try Workspace()
        let workspace = try await ServedRuns.workspace()
        for run in ["ComiRec", "LightGCN"] {
            try await Self.export(run, to: scratch(run))
            let items = try ExportedVectors(folder: scratch(run)).items
            func vector(_ item: Int) -> [Double] {
                items.values[(item - 1) * 12..<item * 12].map { Double($0) }
            }
            func product(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
            for measure in ["cosine", "inner-product"] {
                let result = try await Launch.alone.successfulTrainer([
                    "similar", "--checkpoint", workspace(run), "--item", "17", "--top", "5", "--by", measure, "--json",
                ])
                let object = try JSONValue(parsing: result.standardOutput)
                #expect(object["item"] == .integer(17) && object["by"] == .string(measure))
                guard case .array(let similar) = object["similar"] else {
                    Issue.record("no items")
                    return
                }
                let own = vector(17)
                let scored = (1...ServedRuns.items).filter { $0 != 17 }.map { item in
                    let other = vector(item)
                    let inner = product(own, other)
                    let cosine = inner / (product(own, own).squareRoot() * product(other, other).squareRoot())
                    return (item: item, value: measure == "cosine" ? cosine : inner)
                }.sorted { $0.value > $1.value }
                #expect(similar.map { $0["item"] } == scored.prefix(5).map { .integer($0.item) })
                for (found, expected) in zip(similar, scored) {
                    let value = found[measure == "cosine" ? "cosine" : "inner_product"]?.double ?? .nan
                    #expect(abs(value - expected.value) <= 1e-12 * max(abs(expected.value), 1))
                }
                let table = try await Launch.ranks(2).successfulTrainer([
                    "similar", "--checkpoint", workspace(run), "--item", "17", "--top", "5", "--by", measure,
                ])
                let rows = table.standardOutput.split(separator: "\n").dropFirst(2)
                #expect(rows.count == 5)
                #expect(rows.first?.contains(" \(scored[0].item) ") == true)
            }
        }
    }
}
