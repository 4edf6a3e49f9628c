import Foundation
import Recommenders
import TrainerCommands
import Training

/// The `config.yaml` of a run. What is read is written as a file that reads as the same.
struct ConfigurationTrial: ReaderTrial {
    static let name = "configuration"
    static let fragments = OptionInputs.fragments

    private let file: ScratchFile
    private let folder: RunFolder
    private let copy: RunFolder

    init(folder: String) throws {
        file = try ScratchFile("config.yaml", in: folder)
        self.folder = RunFolder(folder)
        copy = RunFolder(folder + "/copy")
        try copy.create()
    }

    func seeds() throws -> [[UInt8]] { try OptionInputs.seeds(copy) }

    func read(_ input: [UInt8]) throws {
        try file.replace(by: input)
        let configuration: TrainingConfiguration
        do {
            configuration = try folder.readConfiguration()
        } catch let error as TrainingError {
            return try requireHarmless(error.description)
        }
        try copy.write(configuration)
        try require(try copy.readConfiguration() == configuration, "written and read again it is another one")
    }
}

/// The file of `--config`.
struct OptionFileTrial: ReaderTrial {
    static let name = "options"
    static let fragments = OptionInputs.fragments

    private let file: ScratchFile
    private let copy: RunFolder

    init(folder: String) throws {
        file = try ScratchFile("options.yaml", in: folder)
        copy = RunFolder(folder + "/copy")
        try copy.create()
    }

    func seeds() throws -> [[UInt8]] { try OptionInputs.seeds(copy) }

    func read(_ input: [UInt8]) throws {
        try file.replace(by: input)
        let arguments: [String]
        do {
            arguments = try ConfigurationFile.expand(["train", "--config", file.path, "--lr=1"])
        } catch {
            return try requireHarmless("\(error)")
        }
        try require(arguments.first == "train" && arguments.last == "--lr=1", "\(arguments)")
        // In UTF-8: a mark behind the equals sign makes another character of it.
        for argument in arguments.dropFirst() {
            let isFlag = ["--extend", "--json", "--operations", "--overwrite", "--quiet", "--resume"].contains(argument)
            try require(
                isFlag || argument.hasPrefix("--") && argument.utf8.contains(UInt8(ascii: "=")), argument)
            try requireVisible(argument)
        }
    }
}

/// Files of options.
private enum OptionInputs {
    static let fragments = [
        "---", "...", "#", " #", ": ", ":\n", "'", "''", "\"", "\\\"", "\\x41", "\\u00e9", "\\U0001F600", "\\U00110000",
        "null", "~", "&a ", "*a", "<<: *a", "[", "]", "{", "}", "!!int ", "|\n  ", ">\n", "- ", "? ", "%YAML 1.1\n",
        "\t",
        "\r\n", "\u{FEFF}", "true", "1e400", ".inf", "nan", "9223372036854775808", "999999999999:59:59", "0x7f",
        "epochs: ",
        "measures: recall,mrr\n", "stage: finetune\n", "\u{301}\u{323}",
    ]

    static func seeds(_ run: RunFolder) throws -> [[UInt8]] {
        var full = TrainingConfiguration(model: "TiMiRec", dataRoot: "data", dataset: "ml-1m", output: "runs/a b: #c")
        full.stage = .pretrain
        full.maxSteps = 1_000
        full.measures = [.recall]
        full.extractor = "runs/'x'"
        full.options[InterestPredictor.layers] = 2
        let small = "model: SASRec\ndata-root: \"data\"\ndataset: 'x'\nout: runs/x\nlr: 0.001  # usual\ntopk: 5,10\n"
        let odd = """
            ---
            # options
            "model": GRU4Rec
            data-root: .
            dataset: y
            out: "o\\u00e9\\n"
            l2: 1e-6
            p: inf
            seed: 18446744073709551615
            """
        var seeds = [small, odd].map { Array($0.utf8) }
        for configuration in [
            full, TrainingConfiguration(model: "POP", dataRoot: "d", dataset: "s", output: "o"),
        ] {
            try run.write(configuration)
            seeds.append(Array(try String(contentsOfFile: run.configuration, encoding: .utf8).utf8))
        }
        return seeds
    }
}
