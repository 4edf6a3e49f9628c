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
            (good, nil, 65, "not the archive of MovieLens-1M: its SHA-256 is \(sha256(good))"),
            (good.dropLast(), sha256(good), 65, "not the archive of MovieLens-1M"),
        ] as [(Data?, String?, Int32, String)] {
            let result = try await fetch(archive, sha256: sum, into: workspace)
            #expect(result.exitCode == code)
            #expect(result.standardError.contains(message), "\(result.standardError)")
            #expect(!FileManager.default.fileExists(atPath: workspace("data")))
        }
    }

    @Test func `help is no error, an unknown data set is`() async throws {
        let help = try await run(product: Self.script, arguments: ["--help"])
        #expect(help.exitCode == 0 && help.standardOutput.hasPrefix("usage: scripts/fetch-data"))
        #expect(try await run(product: Self.script, arguments: ["books"]).exitCode == 64)
        #expect(try await run(product: Self.script, arguments: ["ml-1m", "--sha256", "none"]).exitCode == 64)
        let grocery = try await run(product: Self.script, arguments: ["grocery"])
        #expect(grocery.standardOutput.contains("https://github.com/THUwangcy/ReChorus"))
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
