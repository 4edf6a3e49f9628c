import ArgumentParser
import Experiments
import FileIO
import Options
import Training

/// `trainer search`.
struct SearchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Finds good options of a training: grid, random or successive halving, on dev alone.",
        usage: "trainer search --config <file> [<options>]",
        discussion: """
            The file says what is fixed and what is searched:

                method: halving
                trials: 16
                epochs: {first: 2, factor: 3, most: 54}
                fixed: {model: SASRec, dataset: NAME}
                search:
                  lr: {log-uniform: [1e-4, 1e-2]}
                  layers: [1, 2, 3]

              trainer search --config space.yaml --out SEARCH

            Stops at SIGTERM and Ctrl-C with checkpoints, and the same command continues. The winner depends on the file \
            alone, not on the number of ranks, of trainings at a time, or on who finishes first.
            """)

    @Option(help: "YAML file: what is fixed, what is searched, and how.")
    var config: String?

    @OptionGroup var options: ExperimentOptions

    mutating func run() throws {
        let file = try ExperimentFile.read(config) { try SearchFile($0) }
        let path = config ?? ""
        let parameters = file.space.parameters
        let models = file.fixed.filter { TrainingConfiguration.name(of: $0.name, model: nil) == "model" }
        // The first values of all options together, then the second ones and so on.
        let searched = (0..<(parameters.map(\.examples.count).max() ?? 0)).map { index in
            parameters.compactMap { parameter in
                guard index < parameter.examples.count else { return nil as OptionText.Entry? }
                return OptionText.Entry(
                    name: parameter.name, value: parameter.examples[index], line: parameter.line)
            }
        }
        try ExperimentFile.check([file.fixed] + searched.map { models + $0 }, of: path)
        try ExperimentRequest.run(
            "search", config: path, options, advice: "draw fewer trials, or widen the space",
            plan: { try ExperimentPlan(file, dataRoot: options.dataRoot) },
            table: { results in
                let table = SearchTable(results)
                return table.table + "\n" + table.effort + table.failures + table.recommendation()
            },
            finish: { results in
                guard let best = SearchTable(results).bestOptions else { return }
                try AtomicFile.write(best.text, to: ExperimentFolder(results.folder).best)
            })
    }
}
