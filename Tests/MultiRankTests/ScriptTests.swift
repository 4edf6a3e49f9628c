import Foundation
import ProcessSupport
import Testing
import TrainerSupport

/// What the scripts of the repository do with a user's words, and what shellcheck says of them.
@Suite struct ScriptTests {
    private static let repository = URL(filePath: Lab.cluster).deletingLastPathComponent()

    /// All shell scripts of the repository.
    private static func scripts() throws -> [String] {
        var found: [String] = []
        for folder in ["cluster", "packaging", "scripts", ".ci"] {
            let path = repository.appending(path: folder).path
            let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
            for name in names.sorted() {
                guard let data = FileManager.default.contents(atPath: path + "/" + name) else { continue }
                let head = String(decoding: data.prefix(20), as: UTF8.self)
                if head.hasPrefix("#!/bin/bash\n") || head.hasPrefix("#!/bin/sh\n") { found.append(path + "/" + name) }
            }
        }
        return found
    }

    private static let checker = ["/usr/bin/shellcheck", "/usr/local/bin/shellcheck"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    @Test(.enabled(if: checker != nil, "there is no shellcheck: apt-get install shellcheck"))
    func `shellcheck has nothing to say about any script`() async throws {
        let scripts = try Self.scripts()
        #expect(scripts.count > 12)
        let result = try await run(product: try #require(Self.checker), arguments: ["--norc"] + scripts)
        #expect(result.exitCode == 0, "\(result.standardOutput)\(result.standardError)")
    }

    @Test(arguments: ["hosts/train", "../scripts/scaling"])
    func `a host whose name begins with a dash is refused with its line, and nothing is run`(
        script: String
    ) async throws {
        let workspace = try Workspace()
        let proof = workspace("proof")
        // ssh runs it where it takes the name for an option.
        let hosts = "localhost slots=1\n# a comment\n  -oProxyCommand=touch${IFS}\(proof) slots=1\n"
        try hosts.write(toFile: workspace("hosts"), atomically: true, encoding: .utf8)
        let arguments =
            script == "hosts/train"
            ? [workspace("hosts"), "--", "--model", "ComiRec", "--dataset", "x", "--out", workspace("run")]
            : [
                "--hostfile", workspace("hosts"), "--trainer", try path(ofProduct: "trainer"), "--out",
                workspace("out"),
            ]
        let result = try await run(product: Lab.cluster + "/" + script, arguments: arguments)
        #expect(result.exitCode == 65 && !result.timedOut)
        #expect(result.standardError.contains("\(workspace("hosts")):3: "), "\(result.standardError)")
        #expect(!FileManager.default.fileExists(atPath: proof))
    }

    @Test(.enabled(if: Lab.refusal == nil, Lab.refusal), arguments: ["on", "kill", "cut", "boot", "answers"])
    func `the lab knows its hosts by their names alone`(word: String) async throws {
        let more = word == "on" ? ["true"] : []
        let result = try await Lab.run(hosts: 1, ranks: 1, ["lab", word, "../lab/h1"] + more)
        #expect(result.exitCode == 64, "\(result.standardError)")
        #expect(result.standardError.contains("there is no host ../lab/h1"), "\(result.standardError)")
    }

    private static let refusalOfSSH: Comment? =
        Lab.refusal
        ?? (FileManager.default.isExecutableFile(atPath: "/usr/sbin/sshd") && getuid() == 0
            ? nil : "ssh in a lab needs root and openssh-server")

    @Test(.enabled(if: refusalOfSSH == nil, refusalOfSSH))
    func `ssh in a lab trusts the key of the lab and no other`() async throws {
        let result = try await Lab.run(
            hosts: 2, ranks: 2, options: ["--ssh"],
            [
                "bash", "-c",
                """
                cd "$LAB_STATE"
                mpirun -n 2 hostname
                ssh-keygen -q -t ed25519 -N '' -f other
                sed "s#/hostkey#/other#" sshd_config >other_config
                lab on h2 "/usr/sbin/sshd -p 2222 -f $PWD/other_config"
                ssh -F ssh_config h2 -p 2222 true && echo trusted
                ssh -F ssh_config -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no h2 -p 2222 echo "it answers"
                """,
            ])
        let lines = Set(result.standardOutput.split(separator: "\n").map(String.init))
        #expect(lines == ["h1", "h2", "it answers"], "\(result.standardOutput)\(result.standardError)")
    }
}
