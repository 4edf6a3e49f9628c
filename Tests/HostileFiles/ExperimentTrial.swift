import Experiments
import Options

/// The files of `trainer search` and `trainer compare`.
struct ExperimentTrial: ReaderTrial {
    static let name = "experiment"
    static let fragments = [
        "[", "]", "{", "}", ", ", ": ", ":\n", "\n  ", "\n    - ", "- ", "#", " #", "'", "\"", "\\x41", "null", "~",
        "\t",
        "\r\n", "\u{FEFF}", "---", "&a ", "*a", "method: grid\n", "search:\n", "uniform", "log-uniform", "integer",
        "[1e-4, 1e-2]", "1e400", "nan", "9223372036854775807", "-9223372036854775808", "models:\n", "seeds: [0, 1]\n",
        "[[[[[[[[", "}}}}}}", "\u{301}\u{323}",
    ]

    init(folder: String) throws {}

    func seeds() throws -> [[UInt8]] {
        let space = """
            ---
            method: halving   # a comment
            seed: 0
            trials: 16
            epochs: {first: 2, factor: 3, most: 54}
            fixed: {model: SASRec, dataset: "a: b", topk: [5, 10]}
            search:
              lr: {log-uniform: [1e-4, 1e-2]}
              layers: [1, 2, 3]
              heads:
                - 1
                - 2

            """
        let comparison = """
            seeds: [0, 1, 2]
            metrics: [NDCG@5]
            datasets: [games, 'books']
            models:
              SASRec: {lr: 1e-3}
              ours:
                model: TiMiRec

            """
        return [space, comparison].map { Array($0.utf8) }
    }

    func read(_ input: [UInt8]) throws {
        for read in [{ _ = try SearchFile($0) }, { _ = try ComparisonFile($0) }] as [(OptionTree) throws -> Void] {
            do {
                try read(try OptionTree(parsing: input))
            } catch let error as OptionError {
                try requireHarmless(error.message(path: "space.yaml") + "\nadvice")
            }
        }
    }
}
