import ArgumentParser
import Recommenders

/// What a model is trained for.
struct ObjectiveArguments: ParsableArguments {
    @Option(help: "Training loss.")
    var loss = ObjectiveOptions().loss

    @Option(
        help: """
            Which interest is trained: the one nearest to the positive, one drawn by softmax (BaM), one drawn by way of \
            two linear maps (BaM), or the mean under the softmax.
            """)
    var selection = ObjectiveOptions().selection

    @Option(
        name: [.customLong("selection-temperature"), .customLong("selection_temperature")],
        help: "T of the softmax over the interests; the larger, the nearer to hard.")
    var selectionTemperature = ObjectiveOptions().selectionTemperature

    var options: ObjectiveOptions {
        var options = ObjectiveOptions()
        options.loss = loss
        options.selection = selection
        options.selectionTemperature = selectionTemperature
        return options
    }

    /// What is not as usual, for the name of a folder.
    var unusualParts: [String] {
        let options = options
        let usual = ObjectiveOptions()
        return [
            options.loss == usual.loss ? nil : options.loss.rawValue,
            options.selection == usual.selection ? nil : options.selection.rawValue,
            options.selectionTemperature == usual.selectionTemperature ? nil : "T\(options.selectionTemperature)",
        ].compactMap { $0 }
    }
}

extension TrainingLoss: ExpressibleByArgument {}

extension InterestSelection: ExpressibleByArgument {
    /// `bam` is what the authors of BaM call `soft`.
    public init?(argument: String) { self.init(rawValue: argument == "bam" ? "soft" : argument) }
}
