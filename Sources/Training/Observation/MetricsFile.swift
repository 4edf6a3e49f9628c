import FileIO
import Foundation
import Reporting

/// The file of `--metrics-file`: what a training is at, for node exporter's textfile collector. At rank 0.
///
/// It is replaced as a whole, at changes of the state and at most every ``interval`` seconds in between. Nothing depends on
/// it: where it cannot be written any more, a warning says so once, and the training continues.
final class MetricsFile {
    /// What a training is at.
    enum State: String, CaseIterable {
        case reading, training, evaluating, finished, stopped, failed
    }

    /// The least seconds from one writing to the next while the state is the same.
    private static let interval = 5.0

    /// What a training tells, as far as it is known.
    struct Values {
        var model = ""
        var dataset = ""
        var stage = ""
        var ranks = 1
        var epoch = 0
        var steps = 0
        var samples = 0
        var stepSeconds = 0.0
        var loss: Double?
        var samplesPerSecond: Double?
        var learningRate: Double?
        var dev: [(name: String, value: Double)] = []
        var bestEpoch: Int?
        var interestEntropy: Double?
        var interestCosine: Double?
        var checkpointStep: Int?
        /// Seconds since 1970.
        var checkpointTime: Double?
    }

    private let path: String
    private let run: String
    private let console: Console
    private let start = Date().timeIntervalSince1970
    private var state = State.reading
    private var lastMoment = ContinuousClock.now
    private var hasWarned = false
    var values = Values()

    /// Writes the file for the first time.
    ///
    /// - Parameters:
    ///   - run: the folder of the run, which names the values.
    /// - Throws: where it cannot be written, or holds something else.
    init(_ path: String, run: String, ranks: Int, console: Console) throws {
        self.path = path
        self.run = run
        self.console = console
        values.ranks = ranks
        try ForeignFile.prepare(path, unlessBeginningWith: MetricsText.beginning, option: "--metrics-file")
        try AtomicFile.write(text, to: path)
    }

    /// Whether the file should be written now: where the training gets to a state that lasts, or where it is time.
    func isDue(_ state: State) -> Bool {
        func alternates(_ state: State) -> Bool { state == .training || state == .evaluating }
        let isChange = state != self.state && !(alternates(state) && alternates(self.state))
        return isChange || (ContinuousClock.now - lastMoment).inSeconds >= Self.interval
    }

    /// Writes the values and the state.
    func update(_ state: State) {
        self.state = state
        lastMoment = .now
        do throws(FileError) { try AtomicFile.write(text, to: path) } catch {
            if !hasWarned { console.warning("\(error)") }
            hasWarned = true
        }
    }

    private var text: String {
        var text = MetricsText(labels: [("run", run)])
        let values = values
        text.add(
            "training_info", "What is trained; always 1.",
            [([("model", values.model), ("dataset", values.dataset), ("stage", values.stage)], 1)])
        text.add(
            "training_state", "What the training is at: 1 for one of the states, 0 for the others.",
            State.allCases.map { ([("state", $0.rawValue)], $0 == state ? 1 : 0) })
        text.add("training_ranks", "Processes that take part.", Double(values.ranks))
        text.add("training_epoch", "The epoch that is trained, or was trained last.", Double(values.epoch))
        text.add("training_steps_total", "Steps that were taken.", Double(values.steps))
        text.add("training_samples_total", "Samples of all steps, over all ranks.", Double(values.samples))
        text.add("training_step_seconds_total", "Seconds of all steps.", values.stepSeconds)
        text.add("training_loss", "Mean loss over the samples of the epoch so far.", values.loss)
        text.add(
            "training_samples_per_second", "Samples of all ranks in a second of the epoch.", values.samplesPerSecond)
        text.add("training_learning_rate", "Learning rate of Adam.", values.learningRate)
        text.add(
            "training_dev_metric_ratio", "Metrics of dev after the last evaluated epoch.",
            values.dev.map { ([("metric", $0.name)], $0.value) })
        text.add("training_best_epoch", "The epoch with the best dev result.", values.bestEpoch.map(Double.init))
        text.add(
            "training_interest_entropy_ratio",
            "Entropy of the shares of dev rows that each interest wins: 1 where all are equal.", values.interestEntropy)
        text.add(
            "training_interest_cosine", "Mean cosine of two interests of a user, over dev.", values.interestCosine)
        text.add(
            "training_checkpoint_step", "Step of the last checkpoint on the disk.",
            values.checkpointStep.map(Double.init))
        text.add(
            "training_checkpoint_timestamp_seconds", "When the last checkpoint was on the disk.", values.checkpointTime)
        text.add("training_start_timestamp_seconds", "When this process began.", start)
        text.add(
            "training_update_timestamp_seconds", "When this file was written.", Date().timeIntervalSince1970)
        return text.text
    }
}

/// A file that an option names and that may not be this program's.
enum ForeignFile {
    /// Makes the folder around a file that is to be written; throws where a file is there that holds something else than
    /// what would replace it.
    ///
    /// - Parameters:
    ///   - beginning: of what this program writes there.
    ///   - option: that names the file, for the message.
    static func prepare(_ path: String, unlessBeginningWith beginning: String, option: String) throws {
        let folder = URL(filePath: path).deletingLastPathComponent().path
        if !folder.isEmpty { try Folder.create(folder, advice: "choose another file for \(option)") }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else { return }
        let file = try OpenFile(path: path, access: .read)
        guard try !file.bytes(at: 0, count: beginning.utf8.count).elementsEqual(beginning.utf8) else { return }
        throw TrainingError(
            .usage, "\(option) \(path.printable()): the file holds something else, which would be lost",
            recoverySuggestion: "choose another file, or remove this one")
    }
}
