import ArgumentParser
import Experiments

/// `trainer compare`.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Trains and tests models on data sets with several seeds, and says which differences are certain.",
        usage: "trainer compare --config <file> [<options>]",
        discussion: """
            The file names models, data sets and seeds, of which every combination is trained:

                seeds: [0, 1, 2, 3, 4]
                metrics: [NDCG@10, HR@10]
                proposed: TiMiRec
                datasets: [NAME]
                models:
                  SASRec: {lr: 1e-3}
                  TiMiRec: {interests: 4}

              trainer compare --config comparison.yaml --out COMPARISON

            The table has mean and standard deviation over the seeds, marks the best baseline, and tests the proposed model \
            against it, seed by seed. Choose options on dev before: trainer search.
            """)

    @Option(help: "YAML file: models, data sets, seeds and fixed options.")
    var config: String?

    @OptionGroup var options: ExperimentOptions

    mutating func run() throws {
        let file = try ExperimentFile.read(config) { try ComparisonFile($0) }
        let path = config ?? ""
        try ExperimentFile.check([file.fixed] + file.models.map(\.options), of: path)
        try ExperimentRequest.run(
            "compare", config: path, options, advice: "name each data set once",
            plan: { try ExperimentPlan(file, dataRoot: options.dataRoot) },
            table: { results in
                let table = ComparisonTable(results, proposed: file.proposed)
                return table.text + table.failures
            })
    }
}
