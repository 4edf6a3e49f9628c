import FileIO
import Options
import Recommenders
import Training

extension TrainingConfiguration {
    /// The configuration of a command line.
    ///
    /// - Parameter texts: values by the names of options, of several groups.
    init(
        commandLine texts: [[String: String]], model: String, data: DataOptions, output: String = ""
    ) throws(CommandError) {
        let run = [
            // The catalogue's spelling of the model, or what was typed.
            "model": RecommenderCatalogue.entry(named: model)?.name ?? model, "data-root": data.root,
            "dataset": data.dataset ?? "", "out": output,
        ]
        let entries = ([run] + texts).flatMap { group in
            group.sorted { $0.key < $1.key }.map { OptionText.Entry(name: $0.key, value: $0.value) }
        }
        do {
            try self.init(OptionText(entries))
        } catch {
            throw CommandError("--\(error.reason.printable())\ngive each option once, with a value that it can have")
        }
    }
}
