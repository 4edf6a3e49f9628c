import CZlib
import FileIO
import Foundation
import ProcessSupport
import Testing
import TrainerSupport
import Training

/// `scripts/fetch-data` on archives that a server on this machine has: it needs no other network.
@Suite struct FetchDataTests {
    private static let script: String = {
        var package = URL(filePath: #filePath)
        for _ in 0..<3 { package.deleteLastPathComponent() }
        return package.appending(path: "scripts/fetch-data").path
    }()

    private static var hasPrograms: Bool {
        ["curl", "unzip", "sha256sum"].allSatisfy { program in
            ["/usr/bin/", "/bin/", "/usr/local/bin/"].contains {
                FileManager.default.isExecutableFile(atPath: $0 + program)
            }
        }
    }

    /// Fetches an archive from a server on this machine; the script is told its checksum, if that is not nil.
    private func fetch(_ archive: Data?, sha256: String?, into workspace: Workspace) async throws -> ProgramResult {
        let server = try FileServer(archive.map { ["/ml-1m.zip": $0] } ?? [:])
        return try await run(
            product: Self.script,
            arguments: ["ml-1m", "--url", "\(server.address)/ml-1m.zip", "--out", workspace("data")]
                + (sha256.map { ["--sha256", $0] } ?? []), environment: ["no_proxy": "*"])
    }

    private func sha256(_ data: Data) -> String {
        data.withUnsafeBytes { SHA256.hexDigest(of: $0) }
    }

    @Test(.enabled(if: hasPrograms, "curl, unzip and sha256sum are needed"))
    func `ratings become user and item in the order of time, and are read`() async throws {
        let workspace = try Workspace()
        let ratings = """
            1::10::5::300
            2::7::3::100
            1::12::4::200
            1::13::4::200
            2::10::1::90

            """
        let archive = Archive.of(ratings, named: "ml-1m/ratings.dat")
        let result = try await fetch(archive, sha256: sha256(archive), into: workspace)
        #expect(result.exitCode == 0, "\(result.standardError)")
        let file = workspace("data/ml-1m/ml-1m.txt")
        let pairs = try String(contentsOfFile: file, encoding: .utf8)
        #expect(pairs == "2 10\n2 7\n1 12\n1 13\n1 10\n")
        try await Launch.alone.successfulTrainer([
            "train", "--quiet", "--model", "POP", "--data-root", workspace("data"), "--dataset", "ml-1m",
            "--logical-shards", "1", "--out", workspace("run"),
        ])
        // What is there is kept.
        #expect(try await fetch(nil, sha256: nil, into: workspace).exitCode == 0)
        #expect(try String(contentsOfFile: file, encoding: .utf8) == pairs)
    }

    @Test(.enabled(if: hasPrograms, "curl, unzip and sha256sum are needed"))
    func `what cannot be fetched or is no MovieLens is told, and nothing is left`() async throws {
        let workspace = try Workspace()
        let wrong = Archive.of("1::1::5::1\none::1::5::1\n", named: "ratings.dat")
        let other = Archive.of("text", named: "README")
        let good = Archive.of("1::1::5::1\n", named: "ratings.dat")
        for (archive, sum, code, message) in [
            (nil, nil, 69, "cannot be fetched"),
            (wrong, sha256(wrong), 65, "ratings.dat:2: not UserID::MovieID"),
            (other, sha256(other), 65, "holds no ratings.dat"),
            (good, nil, 65, "not the file that is expected: its SHA-256 is \(sha256(good))"),
            (good.dropLast(), sha256(good), 65, "not the file that is expected"),
        ] as [(Data?, String?, Int32, String)] {
            let result = try await fetch(archive, sha256: sum, into: workspace)
            #expect(result.exitCode == code)
            #expect(result.standardError.contains(message), "\(result.standardError)")
            #expect(!FileManager.default.fileExists(atPath: workspace("data")))
        }
    }

    /// Fetches `name` from a server that has `files`, and converts it with the trainer of this build.
    private func fetch(
        _ name: String, _ files: [String: Data], url: String, _ options: [String] = [], into workspace: Workspace
    ) async throws -> ProgramResult {
        let server = try FileServer(files)
        let folder = URL(filePath: try path(ofProduct: "trainer")).deletingLastPathComponent().path
        return try await run(
            product: Self.script,
            arguments: [name, "--url", server.address + url, "--out", workspace("data")] + options,
            environment: [
                "no_proxy": "*", "PATH": "\(folder):\(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")",
            ])
    }

    private static let users = (0..<12).flatMap { user in
        (0..<5).map { (user, (user + $0 * $0) % 7, 1_400_000_000 + user * 10 + $0) }
    }

    @Test(
        .enabled(if: hasPrograms, "curl, unzip and sha256sum are needed"),
        arguments: [
            ("ml-100k", "ml-100k/u.data", "\t"), ("ml-20m", "ml-20m/ratings.csv", ","),
            ("amazon-2014/Beauty", "", "14"), ("amazon-2018/Books", "", "18"), ("amazon-2023/All_Beauty", "", "23"),
            ("taobao", "UserBehavior.csv", "t"),
        ])
    func `a published data set is fetched, checked and converted`(name: String, member: String, form: String)
        async throws
    {
        let workspace = try Workspace()
        let lines = Self.users.map { user, item, time in
            let (amazonUser, amazonItem) = ("A1B2C3D4E5F6\(user + 10)", "B00000000\(item)")
            return switch form {
            case "14": "\(amazonUser),\(amazonItem),5.0,\(time)\n"
            case "18": "\(amazonItem),\(amazonUser),5.0,\(time)\n"
            case "23": "\(amazonUser),\(amazonItem),5.0,\(time)000\n"
            case "t": "\(user + 1),\(item + 1),3,\(item % 3 == 0 ? "pv" : "buy"),\(time)\n"
            default: ["\(user + 1)", "\(item + 1)", "4", "\(time)"].joined(separator: form) + "\n"
            }
        }
        let header =
            form == "23"
            ? "user_id,parent_asin,rating,timestamp\n" : form == "," ? "userId,movieId,rating,timestamp\n" : ""
        let text = header + lines.joined()
        let file = member.isEmpty ? Data(text.utf8) : Archive.of(text, named: member)
        let result = try await fetch(name, ["/file": file], url: "/file", ["--sha256", sha256(file)], into: workspace)
        #expect(result.exitCode == 0, "\(result.standardError)")
        #expect(result.standardError.contains("terms of use: research"))
        let folder = workspace("data/" + name.replacing("/", with: "-"))
        let dataset = try await Launch.alone.successfulTrainer(["data", "inspect", folder, "--json"])
        let counts = try JSONValue(parsing: Array(dataset.standardOutput.utf8))
        #expect(counts["users"] == 12 && counts["items"] == 7 && counts["events"] == 60)
        // What is there already is kept.
        #expect(try await fetch(name, [:], url: "/none", into: workspace).exitCode == 0)
        // A file that is another one is refused.
        let other = try Workspace()
        let wrong = try await fetch(
            name, ["/file": file], url: "/file", ["--sha256", String(repeating: "0", count: 64)], into: other)
        #expect(
            wrong.exitCode == 65 && wrong.standardError.contains("--sha256 \(sha256(file))"), "\(wrong.standardError)")
        #expect(!FileManager.default.fileExists(atPath: other("data")))
    }

    @Test(.enabled(if: hasPrograms, "curl, unzip and sha256sum are needed"))
    func `an archive without a checksum on the line must have that of its publisher`() async throws {
        let workspace = try Workspace()
        let file = Archive.of("1\t2\t3\t881250949\n", named: "ml-100k/u.data")
        let result = try await fetch("ml-100k", ["/file": file], url: "/file", into: workspace)
        #expect(
            result.exitCode == 65 && result.standardError.contains("its MD5 is not 0e33842e24a9c977be4e0107933c0723"))
        let amazon = Data("A1B2C3D4E5F61,B000000001,5.0,1400000000\n".utf8)
        let unknown = try await fetch("amazon-2014/Beauty", ["/file": amazon], url: "/file", into: workspace)
        // What is wrong with so few ratings is told by the trainer.
        #expect(
            unknown.exitCode == 65
                && unknown.standardError.contains("no checksum of it is known; its SHA-256 is \(sha256(amazon))"))
        #expect(!FileManager.default.fileExists(atPath: workspace("data")))
    }

    @Test(.enabled(if: hasPrograms, "curl, unzip and sha256sum are needed"))
    func `Grocery is fetched as it is split, and options are those of the conversion`() async throws {
        let workspace = try Workspace()
        let train = "user_id\titem_id\ttime\n" + Self.users.map { "\($0 + 1)\t\($1 + 1)\t\($2)\n" }.joined()
        let rest = "user_id\titem_id\ttime\tneg_items\n1\t7\t1500000000\t[2, 3]\n"
        let files = ["train": train, "dev": rest, "test": rest].map { ("/folder/\($0).csv", Data($1.utf8)) }
        let all = Dictionary(uniqueKeysWithValues: files)
        let result = try await fetch("grocery", all, url: "/folder", into: workspace)
        #expect(result.exitCode == 0, "\(result.standardError)")
        let inspection = try await Launch.alone.successfulTrainer(
            ["data", "inspect", "Grocery_and_Gourmet_Food", "--data-root", workspace("data"), "--json"])
        let counts = try JSONValue(parsing: Array(inspection.standardOutput.utf8))
        #expect(counts["parts"] == ["train": 60, "dev": 1, "test": 1] && counts["negatives_per_row"] == 2)
        let refused = try await fetch(
            "grocery", all, url: "/folder", ["--", "--no-option"], into: try Workspace())
        #expect(refused.exitCode == 64)
        let missing = try await fetch("grocery", [:], url: "/folder", into: try Workspace())
        #expect(missing.exitCode == 69 && missing.standardError.contains("/folder/train.csv cannot be fetched"))
    }

    @Test func `help is no error, an unknown data set is`() async throws {
        let help = try await run(product: Self.script, arguments: ["--help"])
        #expect(help.exitCode == 0 && help.standardOutput.hasPrefix("usage: scripts/fetch-data"))
        #expect(try await run(product: Self.script, arguments: ["books"]).exitCode == 64)
        #expect(try await run(product: Self.script, arguments: ["ml-1m", "--sha256", "none"]).exitCode == 64)
        #expect(try await run(product: Self.script, arguments: ["amazon-2014/../x"]).exitCode == 64)
        let taobao = try await run(product: Self.script, arguments: ["taobao"])
        #expect(taobao.exitCode == 0 && taobao.standardOutput.contains("https://tianchi.aliyun.com/dataset/649"))
    }
}

/// A zip archive of one stored file.
private enum Archive {
    static func of(_ text: String, named name: String) -> Data {
        let bytes = [UInt8](text.utf8)
        let checksum = UInt32(crc32(0, bytes, UInt32(bytes.count)))
        // Version, flags, method (stored), time, date, checksum, both sizes, length of the name.
        let common =
            words(20, 0, 0, 0, 0x21) + longs(checksum, UInt32(bytes.count), UInt32(bytes.count))
            + words(UInt16(name.utf8.count), 0)
        let file = longs(0x0403_4b50) + common + Array(name.utf8) + bytes
        let directory = longs(0x0201_4b50) + words(20) + common + words(0, 0, 0) + longs(0, 0) + Array(name.utf8)
        let end =
            longs(0x0605_4b50) + words(0, 0, 1, 1) + longs(UInt32(directory.count), UInt32(file.count)) + words(0)
        return Data(file + directory + end)
    }

    private static func words(_ values: UInt16...) -> [UInt8] { values.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] } }

    private static func longs(_ values: UInt32...) -> [UInt8] {
        values.flatMap { value in (0..<4).map { UInt8(value >> (8 * $0) & 255) } }
    }
}
