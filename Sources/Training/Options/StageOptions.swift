import FileIO
import Options

/// Options that one stage of a model has to itself, as in `--pretrain lr=5e-4,epochs=12`.
///
/// They take the place of those that all stages share. What must be the same in all stages (the model, its sizes, the
/// data, the protocol of ranking) cannot be among them.
public struct StageOptions: Sendable, Equatable {
    /// The names of the options that a stage may have to itself.
    public static var names: [String] {
        TrainingConfiguration.fields.filter(\.declaration.differsByStage).map(\.name)
    }

    /// In the order of the command line; the last value of a name counts.
    let entries: [OptionText.Entry]
    private let keepsNegatives: Bool

    /// No options: the stage has those that all stages share.
    public init() {
        entries = []
        keepsNegatives = true
    }

    /// - Parameter entries: of ``names``, no name twice, with values.
    init(_ entries: [OptionText.Entry]) {
        self.entries = entries
        keepsNegatives = true
    }

    /// - Parameters:
    ///   - texts: lists such as `lr=5e-4,epochs=12`; later ones win over earlier ones.
    ///   - keepsNegatives: whether the number of negatives that all stages share was chosen: otherwise a loss among these
    ///     options brings its default number.
    public init(parsing texts: [String], keepsNegatives: Bool = true) throws(TrainingError) {
        self.keepsNegatives = keepsNegatives
        var entries: [OptionText.Entry] = []
        for part in texts.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }) {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let name = sides[0]
            guard sides.count == 2, !sides[1].isEmpty else {
                throw TrainingError(
                    .usage, "--pretrain: \(name.isEmpty ? "an option" : name.printable(limit: 100)) has no value",
                    recoverySuggestion:
                        "write --pretrain OPTION=VALUE,OPTION=VALUE, such as --pretrain lr=5e-4,epochs=12")
            }
            guard Self.names.contains(name) else {
                let nearest = Self.names.nearest(to: name).map { "; did you mean \($0)?" } ?? ""
                throw TrainingError(
                    .usage, "--pretrain: a stage has no \(name.printable(limit: 100)) to itself\(nearest)",
                    recoverySuggestion: "choose among \(Self.names.joined(separator: ", "))")
            }
            entries.removeAll { $0.name == name }
            entries.append(.init(name: name, value: sides[1]))
        }
        self.entries = entries
    }

    /// Whether the stage has no option to itself.
    public var isEmpty: Bool { entries.isEmpty }

    /// These and a number of epochs, unless they have one.
    public func adding(epochs: Int) throws(TrainingError) -> StageOptions {
        guard !entries.contains(where: { $0.name == "epochs" }) else { return self }
        return StageOptions(
            entries: entries + [.init(name: "epochs", value: String(epochs))], keepsNegatives: keepsNegatives)
    }

    private init(entries: [OptionText.Entry], keepsNegatives: Bool) {
        self.entries = entries
        self.keepsNegatives = keepsNegatives
    }

    /// The options for the name of a folder: `lr5e-4-epochs12`.
    public var nameParts: [String] { entries.map { $0.name + ($0.value ?? "") } }

    /// The configuration with these options in the place of its own.
    func applied(to configuration: TrainingConfiguration) throws(TrainingError) -> TrainingConfiguration {
        var own = configuration
        do {
            for option in entries { try own.set(option, for: nil) }
        } catch {
            throw TrainingError(
                .usage, "--pretrain: \(error.reason.printable(limit: 200))",
                recoverySuggestion:
                    "write the values as in config.yaml, such as --pretrain lr=5e-4,shared-negatives=false")
        }
        let names = Set(entries.map(\.name))
        if names.contains("loss"), !names.contains("negatives"), !keepsNegatives {
            own.negatives = ModelDefaults.negatives(under: own.objective.loss)
        }
        return own
    }
}
