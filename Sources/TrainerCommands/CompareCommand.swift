import ArgumentParser
import Experiments
import Options
import Reporting

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
        let plan: ExperimentPlan
        do {
            plan = try ExperimentFile.checked(try ExperimentPlan(file, dataRoot: options.dataRoot))
        } catch let error as OptionError {
            throw CommandError(exitCode: 65, "\(error.message(path: path))\nname each data set once")
        }
        if let workers = options.slurm {
            return try StandardOutput.show(
                SlurmJob(command: "compare", config: path, options: options, workers: workers).text)
        }
        let request = ExperimentRequest(
            plan: plan, options: options,
            table: { results in
                let table = ComparisonTable(results, proposed: file.proposed)
                return table.text + table.failures
            },
            finish: { _ in })
        try request.run()
    }
}
