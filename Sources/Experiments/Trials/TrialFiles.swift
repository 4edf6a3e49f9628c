import FileIO
import Foundation
import Options
import Training

/// What one training of an experiment has left on the disk, and what follows from it.
///
/// Nothing about results is kept elsewhere: whoever looks at the same files comes to the same table, whenever a process
/// was killed. Beside the folder of the run `seed-0` lie
///
/// - `seed-0.log`: what the training has printed, of all its attempts;
/// - `seed-0.failure.json`: how it failed, where it did;
/// - `seed-0.claim`: a folder with the claim of the process that has the training run.
package struct TrialFiles: Sendable {
    /// The folder of the run.
    package let folder: RunFolder

    /// - Parameter path: the folder of the run, which need not be there.
    package init(_ path: String) { folder = RunFolder(path) }

    /// What the training has printed.
    package var log: String { folder.path + ".log" }
    /// The folder with the claim of the process that has the training run.
    package var claim: RunFolder { RunFolder(folder.path + ".claim") }
    private var failurePath: String { folder.path + ".failure.json" }

    /// How a training failed.
    package struct Failure: Equatable, Sendable {
        /// How far it was to be trained; nil where the options say.
        package let epochs: Int?
        /// The exit code of the training; 128 plus the number of the signal that ended it.
        package let exitCode: Int
        /// What it said of it, in a line.
        package let message: String

        /// - Parameters:
        ///   - epochs: how far it was to be trained; nil where the options say.
        ///   - exitCode: 128 plus the number of a signal that ended it.
        ///   - message: what it said of it, in a line.
        package init(epochs: Int?, exitCode: Int, message: String) {
            self.epochs = epochs
            self.exitCode = exitCode
            self.message = message
        }
    }

    /// Notes a failure.
    package func note(_ failure: Failure) throws(FileError) {
        let json: JSONValue = [
            "epochs": failure.epochs.map { .integer($0) } ?? .null, "exit_code": .integer(failure.exitCode),
            "message": .string(failure.message),
        ]
        try AtomicFile.write(json.pretty + "\n", to: failurePath)
    }

    /// The failure that was noted.
    package var failure: Failure? {
        guard let text = try? String(contentsOfFile: failurePath, encoding: .utf8),
            let json = try? JSONValue(parsing: text), case .integer(let exitCode)? = json["exit_code"]
        else { return nil }
        var (epochs, message): (Int?, String) = (nil, "")
        if case .integer(let value)? = json["epochs"] { epochs = value }
        if case .string(let text)? = json["message"] { message = text }
        return Failure(epochs: epochs, exitCode: exitCode, message: message)
    }

    /// Forgets the failure, for another attempt.
    package func forgetFailure() { unlink(failurePath) }

    /// Whether the training has come to the end of so many epochs, or has failed before; nil while it has not.
    ///
    /// The `config.yaml` of a run says how far it is to be trained, and changes when the training is extended by a further
    /// rung: then it has been through the ones before.
    ///
    /// - Parameter epochs: of a rung; nil: to the end that the options say.
    func end(of epochs: Int?) -> End? {
        if let failure, failure.epochs ?? 0 <= epochs ?? .max { return .failed(failure) }
        guard let options = try? OptionText(contentsOf: folder.configuration) else { return nil }
        let hasResult = FileManager.default.fileExists(atPath: folder.result)
        guard let epochs else { return hasResult ? .finished : nil }
        guard let asked = options["epochs"]?.value.flatMap({ Int($0) }) else { return nil }
        return asked > epochs || asked == epochs && hasResult ? .finished : nil
    }

    enum End {
        case finished
        case failed(Failure)
    }

    /// One epoch of `metrics.jsonl`.
    package struct Epoch: Sendable {
        /// The metrics of dev by name.
        package let dev: JSONValue
        /// Seconds of its steps.
        package let seconds: Double
    }

    /// The first epochs of the training.
    ///
    /// - Parameter count: nil: all that there are.
    package func epochs(_ count: Int? = nil) -> [Epoch] {
        guard let text = try? String(contentsOfFile: folder.metrics, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").prefix(count ?? .max).compactMap { line in
            guard let json = try? JSONValue(parsing: String(line)) else { return nil }
            return Epoch(dev: json["dev"] ?? .null, seconds: json["seconds"]?.number ?? 0)
        }
    }

    /// The metric on dev of the parameters that a training of so many epochs keeps: those of its best epoch, or of its
    /// last one with `--keep last`.
    func devValue(of metric: String, epochs count: Int?) -> Double? {
        let epochs = epochs(count)
        let options = (try? OptionText(contentsOf: folder.configuration)) ?? OptionText()
        if options["keep"]?.value == "last" { return epochs.last?.dev[metric]?.number }
        let first = options["topk"]?.value?.split(separator: ",").first.map(String.init) ?? "5"
        var best: (selection: Double, epoch: Epoch)?
        for epoch in epochs {
            guard let selection = epoch.dev["NDCG@" + first]?.number else { continue }
            if best.map({ selection > $0.selection }) ?? true { best = (selection, epoch) }
        }
        return best?.epoch.dev[metric]?.number
    }

    /// A metric of `result.json` on test.
    func testValue(of metric: String) -> Double? { result?["test"]?[metric]?.number }

    /// `result.json`; nil where there is none.
    package var result: JSONValue? {
        (try? String(contentsOfFile: folder.result, encoding: .utf8)).flatMap { try? JSONValue(parsing: $0) }
    }
}

extension JSONValue {
    /// The value of a number.
    package var number: Double? {
        switch self {
        case .number(let value): value
        case .integer(let value): Double(value)
        default: nil
        }
    }
}
