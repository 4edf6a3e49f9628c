import ArgumentParser
import Training

/// What a training tells about itself while it runs, beside its own files; never changes its result.
struct WatchOptions: ParsableArguments {
    @Flag(help: "Write event files for TensorBoard into the folder tensorboard of the run.")
    var tensorboard = false

    @Option(
        name: .spellings(of: "metrics-file"),
        help: ArgumentHelp(
            "Numbers in the text format of Prometheus, replaced while the training runs: for the textfile collector "
                + "of node exporter, which reads *.prom.", valueName: "file"))
    var metricsFile: String?

    @Option(
        help: ArgumentHelp(
            "Timelines of all ranks as JSON, for Perfetto or Chrome.",
            valueName: "file"))
    var trace: String?

    mutating func validate() throws {
        guard let metricsFile, metricsFile == trace else { return }
        throw ValidationError("--metrics-file and --trace name one file: choose two")
    }

    func added(to control: RunControl) -> RunControl {
        var control = control
        control.writesTensorBoard = tensorboard
        control.metricsFile = metricsFile
        control.trace = trace
        return control
    }
}
