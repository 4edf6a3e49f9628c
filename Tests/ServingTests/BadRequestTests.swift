import FileIO
import Foundation
import ModelFiles
import ProcessSupport
import Testing
import TrainerSupport

/// Expects the trainer to refuse a command with one message, and to leave a folder as it was.
func expectRefusal(
    _ exitCode: Int32, naming: [String], _ arguments: [String], _ launch: Launch = .alone, leaving out: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let before = out.map(files(below:))
    let result = try await launch.trainer(arguments, timeout: .seconds(20))
    let told = "\(launch) \(arguments): \(result.standardError)"
    #expect(!result.timedOut && result.exitCode == exitCode, "\(told)", sourceLocation: sourceLocation)
    #expect(
        result.standardError.split(separator: "\n").count { $0.lowercased().hasPrefix("error: ") } == 1, "\(told)",
        sourceLocation: sourceLocation)
    for text in naming {
        #expect(result.standardError.contains(text), "\(text) is missing: \(told)", sourceLocation: sourceLocation)
    }
    #expect(result.standardOutput == "", sourceLocation: sourceLocation)
    if let out { #expect(files(below: out) == before, "changed \(out)", sourceLocation: sourceLocation) }
}

/// What cannot be answered is refused on all ranks, with what to do.
@Suite struct BadRequestTests {
    @Test(arguments: [Launch.alone, .ranks(2)])
    func `nothing is written into the folder of a run or of a data set`(launch: Launch) async throws {
        let workspace = try await ServedRuns.workspace()
        let run = workspace("ComiRec")
        for options in [["recommend", "--out", run + "/config.yaml"], ["export", "--out", run]] {
            try await expectRefusal(
                64, naming: ["--out: \(run) is the folder of a run", "choose another folder"],
                options + ["--checkpoint", run], launch, leaving: run)
        }
    }

    @Test(arguments: [Launch.alone, .ranks(2)])
    func `lists and files that are wrong`(launch: Launch) async throws {
        let workspace = try await ServedRuns.workspace()
        let scratch = try Workspace()
        func refuse(_ exitCode: Int32, _ naming: String..., with options: [String]) async throws {
            try await expectRefusal(
                exitCode, naming: naming,
                ["recommend", "--checkpoint", workspace("ComiRec"), "--out", scratch("top.tsv")] + options, launch,
                leaving: scratch.path)
        }
        let stranger = try scratch.write("stranger", "3\n4711\n")
        try await refuse(65, "stranger:2: user 4711 has no interaction in", "--histories", with: ["--users", stranger])
        let twice = try scratch.write("twice", "3\n5\n3\n")
        try await refuse(65, "twice:3: user 3 is in line 1 already", with: ["--users", twice])
        let empty = try scratch.write("empty", "\n\n")
        try await refuse(65, "empty: there is no user in it", with: ["--users", empty])
        try await refuse(65, "nowhere: ", with: ["--users", scratch("nowhere")])
        let binary = try scratch.write("binary", Data([0x33, 0x0A, 0xFF, 0xFE, 0x0A]))
        try await refuse(65, "binary:2: the line is not text in UTF-8", with: ["--users", binary])
        let unknown = try scratch.write("unknown", "4711\n")
        try await refuse(
            65, "none of the 90 items may be recommended", "--allow", with: ["--allow", unknown, "--quiet"])
        let all = try scratch.write("all", (1...90).map { "\($0)\n" }.joined())
        try await refuse(65, "none of the 90 items may be recommended", with: ["--ban", all])
        let bare = try scratch.write("bare", "3\tred\n4\n")
        try await refuse(
            65, "bare:2: 1 column instead of an item and a category",
            with: ["--diversity", "1", "--categories", bare])
        let again = try scratch.write("again", "3\tred\n4\tblue\n3\tblue\n")
        try await refuse(
            65, "again:3: item 3 has a category in line 1 already", with: ["--diversity", "1", "--categories", again])
        try await refuse(74, "nowhere: cannot be opened", with: ["--histories", scratch("nowhere")])
        try await expectRefusal(
            74, naming: ["no/such/top.tsv: cannot be created"],
            ["recommend", "--checkpoint", workspace("ComiRec"), "--out", scratch("no/such/top.tsv")], launch)
    }

    static let commands: [(arguments: [String], naming: [String])] = [
        (["recommend"], ["--checkpoint is missing"]), (["recommend", "RUN"], ["name a run with --checkpoint RUN"]),
        (["recommend", "--checkpoint", "RUN", "--top", "0"], ["--top is 0"]),
        (["recommend", "--checkpoint", "RUN", "--top", "-5"], ["--top is -5"]),
        (["recommend", "--checkpoint", "RUN", "--diversity", "1"], ["--categories"]),
        (["recommend", "--checkpoint", "RUN", "--categories", "f"], ["--diversity"]),
        (["recommend", "--checkpoint", "RUN", "--diversity", "-1", "--categories", "f"], ["--diversity is -1"]),
        (["recommend", "--checkpoint", "RUN", "--diversity", "nan", "--categories", "f"], ["--diversity is nan"]),
        (["recommend", "--checkpoint", "RUN", "--histories", "f", "--format", "tsv"], ["--format", "JSON lines"]),
        (["recommend", "--checkpoint", "RUN", "--histories", "f", "--users", "f"], ["--users"]),
        (["recommend", "--checkpoint", "RUN", "--histories", "f", "--history", "all"], ["--history"]),
        (["recommend", "--checkpoint", "RUN", "--interest", "--format", "csv"], ["--interest"]),
        (["recommend", "--checkpoint", "RUN", "--format", "xml"], ["--format"]),
        (["recommend", "--checkpoint", "RUN", "--history", "dev"], ["--history"]),
        (["recommend", "--checkpoint", "RUN", "--checkpoint", "R"], ["a command works with one model"]),
        (["similar", "--checkpoint", "RUN"], ["--item is missing"]), (["similar", "--item", "3"], ["--checkpoint"]),
        (["similar", "--checkpoint", "RUN", "--item", "3", "--top", "0"], ["--top is 0"]),
        (["similar", "--checkpoint", "RUN", "--item", "3", "--by", "angle"], ["--by"]),
        (["export", "--checkpoint", "RUN"], ["--out is missing"]), (["export", "--out", "v"], ["--checkpoint"]),
        (
            ["export", "--checkpoint", "RUN", "--out", "v", "--format", "pytorch", "--users", "f"],
            ["--format pytorch writes the parameters alone"]
        ),
    ]

    @Test(arguments: commands) func `commands that make no sense`(_ command: (arguments: [String], naming: [String]))
        async throws
    {
        try await expectRefusal(64, naming: command.naming, command.arguments)
    }

    @Test(arguments: [Launch.alone, .ranks(2)])
    func `what is no run, and what belongs to other data`(launch: Launch) async throws {
        let workspace = try await ServedRuns.workspace()
        let scratch = try Workspace()
        for command in [["recommend"], ["export", "--out", scratch("v")], ["similar", "--item", "3"]] {
            try await expectRefusal(
                65, naming: ["is not the folder of a run: name one with --checkpoint"],
                command + ["--checkpoint", scratch("none")], launch)
            try await expectRefusal(
                64, naming: ["is a file of parameters", "name the folder of a run"],
                command + ["--checkpoint", workspace("ComiRec/model/model.safetensors")], launch)
        }
        // Data sets of which the model has seen no item, or no user.
        let rows = (1...9).map { user in (1...3).map { "\(user) \(1000 + $0)\n" }.joined() }
        try scratch.write("data/other/pairs.txt", rows.joined())
        try scratch.write("data/strangers/pairs.txt", "4711 1\n4711 2\n4711 3\n")
        for command in [["recommend", "--out", scratch("top.tsv")], ["export", "--out", scratch("v")]] {
            try await expectRefusal(
                65, naming: ["data/other: the model knows no item of it", "--dataset"],
                command + ["--checkpoint", workspace("ComiRec"), "--data-root", scratch("data"), "--dataset", "other"],
                launch, leaving: scratch("data"))
            try await expectRefusal(
                65, naming: ["data/strangers: the model knows no user and item together of it"],
                command + [
                    "--checkpoint", workspace("BPRMF"), "--data-root", scratch("data"), "--dataset", "strangers",
                ],
                launch)
        }
        // A model of histories knows items alone.
        let result = try await launch.successfulTrainer([
            "recommend", "--checkpoint", workspace("ComiRec"), "--data-root", scratch("data"), "--dataset", "strangers",
            "--top", "2",
        ])
        #expect(TableRow.rows(result.standardOutput).map(\.user) == ["4711", "4711"])
        try await expectRefusal(
            65, naming: ["item 4711 is unknown to the model, which has 90 items"],
            ["similar", "--checkpoint", workspace("ComiRec"), "--item", "4711"], launch)
        try await expectRefusal(
            64, naming: ["POP counts interactions, and has no vectors of items"],
            ["similar", "--checkpoint", workspace("POP"), "--item", "4"], launch)
    }

    @Test func `a model whose parameters are no numbers recommends nothing`() async throws {
        let workspace = try await ServedRuns.workspace()
        let scratch = try Workspace()
        let run = try scratch.copy(workspace("ComiRec"), as: "run")
        let path = run + "/model/model.safetensors"
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        bytes.replaceSubrange(bytes.count - 4..<bytes.count, with: [0, 0, 0xC0, 0x7F])
        try Data(bytes).write(to: URL(filePath: path))
        try await expectRefusal(
            65, naming: ["holds values that are infinite or no numbers", "train again"],
            ["recommend", "--checkpoint", run])
    }

    @Test(arguments: ["recommend", "similar", "export"])
    func `what scores by a mixture of logits has no vectors to search by`(command: String) async throws {
        let workspace = try await ServedRuns.workspace()
        let scratch = try Workspace()
        let run = scratch("run")
        try await Launch.alone.successfulTrainer([
            "train", "--quiet", "--model", "SASRec", "--data-root", workspace("data"), "--dataset", ServedRuns.dataset,
            "--epochs", "1", "--loss", "sampled-softmax", "--score", "mixture", "--out", run,
        ])
        let options = ["similar": ["--item", "1"], "export": ["--out", scratch("vectors")]]
        try await expectRefusal(
            64, naming: ["scores by --score mixture", "`trainer evaluate`"],
            [command, "--checkpoint", run] + (options[command] ?? []), leaving: run)
    }

    @Test func `users without a history in what is chosen are left out, with a note`() async throws {
        let scratch = try Workspace()
        // User 2 has an item in dev alone.
        try scratch.write("data/thin/train.csv", "user_id\titem_id\ttime\n1\t1\t1\n1\t2\t2\n3\t1\t1\n3\t3\t2\n")
        try scratch.write("data/thin/dev.csv", "user_id\titem_id\ttime\n1\t3\t3\n2\t1\t3\n")
        try scratch.write("data/thin/test.csv", "user_id\titem_id\ttime\n1\t4\t4\n2\t2\t4\n")
        try await Launch.alone.successfulTrainer([
            "train", "--quiet", "--model", "ComiRec", "--data-root", scratch("data"), "--dataset", "thin", "--epochs",
            "1", "--out", scratch("run"),
        ])
        for launch in [Launch.alone, .ranks(2)] {
            let result = try await launch.successfulTrainer([
                "recommend", "--checkpoint", scratch("run"), "--history", "train", "--top", "1",
            ])
            #expect(TableRow.rows(result.standardOutput).map(\.user) == ["1", "3"])
            #expect(
                result.standardError.contains(
                    "users without a history in what --history chooses, for whom ComiRec has nothing: 1\n"))
            try await launch.successfulTrainer([
                "export", "--checkpoint", scratch("run"), "--history", "train", "--out", scratch("v"),
            ])
            #expect(try ExportedVectors(folder: scratch("v")).userIds == ["1", "3"])
        }
    }
}
