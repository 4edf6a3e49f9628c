import Foundation
import ProcessSupport
import Testing
import TrainerSupport

/// Every path that a user can type leads to a folder or to one message.
@Suite struct RunPathTests {
    static let launches = [Launch.alone, .ranks(2)]

    /// A workspace with a data set in `data`, which is also the user's folder.
    private static func home() throws -> Workspace {
        let workspace = try Workspace()
        try SmallTables().write(to: workspace, "data/tables")
        return workspace
    }

    private static func train(_ more: String...) -> [String] {
        ["train", "--quiet", "--model", "POP", "--dataset", "tables", "--topk", "5"] + more
    }

    @Test(arguments: [
        (["--out=~/a"], "a"), (["--out", "~/b/"], "b"), (["--out=missing/../c"], "c"), (["--out", "new/."], "new"),
        (["--out=./d//e"], "d/e"), (["--path=~/f"], "f"), (["--config=~/options.yaml"], "g"),
    ])
    func `a path of --out becomes a folder as a shell would read it`(arguments: [String], folder: String) async throws {
        let home = try Self.home()
        try home.write("options.yaml", "out: ~/g\n")
        try await Launch.alone.successfulTrainer(
            Self.train() + arguments, environment: ["HOME": home.path], workingDirectory: home.path)
        #expect(FileManager.default.fileExists(atPath: home(folder) + "/result.json"))
        let names = Set(try FileManager.default.contentsOfDirectory(atPath: home.path))
        #expect(names.isSubset(of: ["data", "options.yaml", "missing", folder, "d"]), "\(names)")
    }

    @Test func `~ is the user's folder in every option that takes a path`() async throws {
        let home = try Self.home()
        let environment = ["HOME": home.path]
        let model = ["--embedding-size", "8", "--epochs", "1", "--topk", "5", "--dataset", "tables"]
        let data = ["--data-root=~/data"]
        let start = ["train", "--quiet", "--model", "TiMiRec"] + model + data
        for arguments in [
            start + ["--stage", "pretrain", "--out=~/pretrained"],
            start + ["--stage", "finetune", "--out=~/finetuned", "--extractor=~/pretrained"],
            ["evaluate", "--checkpoint=~/finetuned"],
            [
                "data", "generate", "--out=~/data/made", "--users", "40", "--items", "60", "--mean-interactions", "8",
                "--clusters", "6", "--negatives", "9",
            ],
            ["train", "--quiet", "--model", "POP", "--path=~/data", "--dataset", "tables", "--out=~/pop"],
        ] {
            try await Launch.alone.successfulTrainer(arguments, environment: environment, workingDirectory: "/")
        }
        #expect(FileManager.default.fileExists(atPath: home("data/made/train.csv")))
        #expect(FileManager.default.fileExists(atPath: home("pop/result.json")))
    }

    @Test(arguments: launches)
    func `a path that cannot be a folder ends in one message`(launch: Launch) async throws {
        let home = try Self.home()
        try home.write("file", "what was there")
        let long = String(repeating: "x", count: 300)
        for (out, refusal) in [
            ("/proc/x", Refusal(74, naming: "/proc/x: cannot be created", "--out")),
            ("/dev/null/x", Refusal(74, naming: "/dev/null/x: cannot be created: /dev/null: ", "--out")),
            (home("file/../x"), Refusal(74, naming: "file/../x: cannot be created", "--out")),
            (home(long), Refusal(74, naming: "cannot be created: File name too long", "--out")),
            ("", Refusal(64, naming: "--out is empty")),
            ("~other/x", Refusal(64, naming: "--out ~other/x", "./~other/x")),
        ] {
            try await expectRefusal(
                refusal, launch, Self.train("--data-root", home("data"), "--out=" + out), leaving: home.path)
        }
    }

    @Test(arguments: launches)
    func `a folder with files of others is not written into without being told`(launch: Launch) async throws {
        let home = try Self.home()
        for name in ["a.txt", "b.txt", "config.yaml", "model/model.safetensors"] {
            try home.write("own/" + name, "mine\n")
        }
        let command = Self.train("--data-root", home("data"), "--out", home("own"))
        for more in [[], ["--resume"]] {
            try await expectRefusal(
                Refusal(
                    64, naming: "own is not the folder of a run, and holds a.txt, b.txt, config.yaml and 1 more",
                    "--overwrite"),
                launch, command + more, leaving: home.path)
        }
        try await launch.successfulTrainer(command + ["--overwrite"])
        #expect(try String(contentsOfFile: home("own/a.txt"), encoding: .utf8) == "mine\n")
        // Now it is the folder of a run, whatever else is there.
        try await launch.successfulTrainer(command)
    }

    @Test func `a log of the launcher and hidden files do not count`() async throws {
        let home = try Self.home()
        for name in ["job-17.out", "job.log", ".keep"] { try home.write("run/" + name, "line\n") }
        try await Launch.alone.successfulTrainer(Self.train("--data-root", home("data"), "--out", home("run")))
    }

    @Test(arguments: ["checkpoints", "model", "tensorboard", "config.yaml", "metrics.jsonl", "attempt", "result.json"])
    func `a link inside of the run's folder is not followed`(name: String) async throws {
        let home = try Self.home()
        let command = Self.train("--data-root", home("data"), "--out", home("run"), "--tensorboard")
        try await Launch.alone.successfulTrainer(command)
        try home.write("others/step-0000000001.safetensors", "theirs")
        try home.write("other.file", "theirs")
        try FileManager.default.removeItem(atPath: home("run/" + name))
        let isFolder = ["checkpoints", "model", "tensorboard"].contains(name)
        symlink(home(isFolder ? "others" : "other.file"), home("run/" + name))
        for more in [[], ["--resume"], ["--overwrite"]] {
            try await expectRefusal(
                Refusal(64, naming: "run/\(name) is a link to ", "--out"), .alone, command + more, leaving: home.path)
        }
        #expect(FileManager.default.fileExists(atPath: home("others/step-0000000001.safetensors")))
    }

    @Test func `the whole folder may be a link`() async throws {
        let home = try Self.home()
        try FileManager.default.createDirectory(atPath: home("disk"), withIntermediateDirectories: false)
        symlink(home("disk"), home("run"))
        try await Launch.alone.successfulTrainer(Self.train("--data-root", home("data"), "--out", home("run")))
        #expect(FileManager.default.fileExists(atPath: home("disk/result.json")))
    }

    @Test(arguments: ["checkpoints/step-0000000007.safetensors", "result.json", "attempt"])
    func `a folder in place of a file is named before anything is lost`(name: String) async throws {
        let home = try Self.home()
        let command = Self.train("--data-root", home("data"), "--out", home("run"))
        try await Launch.alone.successfulTrainer(command)
        try? FileManager.default.removeItem(atPath: home("run/" + name))
        try home.write("run/" + name + "/file", "theirs")
        for more in [["--resume"], ["--overwrite"]] {
            try await expectRefusal(
                Refusal(64, naming: "run/\(name) is not a regular file", "move it away"), .alone, command + more,
                leaving: home.path)
        }
    }

    @Test(arguments: ["../tables", "./tables", "../data/tables", "more/../tables"])
    func `the default folder lies below runs, whatever the data set is called`(dataset: String) async throws {
        let home = try Self.home()
        try SmallTables().write(to: home, "tables")
        try FileManager.default.createDirectory(atPath: home("data/more"), withIntermediateDirectories: false)
        try FileManager.default.createDirectory(atPath: home("elsewhere"), withIntermediateDirectories: false)
        try await Launch.alone.successfulTrainer(
            ["train", "--quiet", "--model", "POP", "--data-root", home("data"), "--dataset", dataset, "--topk", "5"],
            workingDirectory: home("elsewhere"))
        let found = files(below: home.path).keys.filter { $0.hasSuffix("/result.json") }
        #expect(found == ["elsewhere/runs/tables/POP/result.json"])
    }

    @Test(arguments: [
        ("SASRec", "SASRec-d8-history20-batch16-shards8-negatives1-lr0.001-l2_0.0-seed0-layers2"),
        ("BPRMF", "BPRMF-d8-batch16-shards8-negatives1-lr0.001-l2_0.0-seed0"),
        ("ComiRec", "ComiRec-K2-d8-pos1-attention8-history20-batch16-shards8-negatives1-lr0.001-l2_0.0-seed0"),
    ])
    func `the default folder is named after what the model uses`(model: String, name: String) async throws {
        let home = try Self.home()
        try await Launch.alone.successfulTrainer(
            [
                "train", "--quiet", "--model", model, "--dataset", "tables", "--topk", "5", "--embedding-size", "8",
                "--batch-size", "16", "--max-steps", "1", "--layers", model == "SASRec" ? "2" : "1",
            ], workingDirectory: home.path)
        let found = try FileManager.default.contentsOfDirectory(atPath: home("runs/tables"))
        #expect(found == [name])
    }
}
