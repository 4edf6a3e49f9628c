import Options
import Recommenders

/// A stage as options have it: one of them, or all one after the other.
public enum StageName: String, Sendable, CaseIterable, OptionValue {
    case pretrain, finetune, both
}

/// How a configuration says which stages a command trained, so that `--config` repeats the command and not only its last
/// stage.
extension TrainingConfiguration {
    /// ``stage`` and ``trainsAllStages`` as an option.
    var stageName: StageName? {
        get { trainsAllStages ? .both : stage.flatMap { StageName(rawValue: $0.rawValue) } }
        set {
            trainsAllStages = newValue == .both
            let last = RecommenderCatalogue.entry(named: model)?.stages.last
            stage = trainsAllStages ? last : newValue.flatMap { TrainingStage(rawValue: $0.rawValue) }
        }
    }

    /// ``extractor`` as an option: the stages of one command do not name it to each other.
    var namedExtractor: String? {
        get { trainsAllStages ? nil : extractor }
        set { extractor = newValue }
    }

    /// Notes that the stage before was trained by the same command.
    ///
    /// - Parameters:
    ///   - before: what the stage before was trained with.
    ///   - chosen: what it was given to itself, which a recipe could otherwise give anew.
    mutating func noteStageBefore(_ before: TrainingConfiguration, chosen: StageOptions) {
        trainsAllStages = true
        let entries = Self.fields.filter(\.declaration.differsByStage).compactMap { field -> OptionText.Entry? in
            let value = field.text(in: before)
            let given = chosen.entries.first { $0.name == field.name }
            guard given != nil || value != field.text(in: self) else { return nil }
            guard let text = value ?? given?.value ?? field.declaration.defaultText ?? Self.noLimit[field.name] else {
                return nil
            }
            return OptionText.Entry(name: field.name, value: text)
        }
        pretraining = StageOptions(entries)
    }

    /// What stands for options that are not set.
    private static let noLimit = ["max-steps": String(UInt32.max)]
}

/// In the form of the command line: `lr=5e-4,epochs=12`.
extension StageOptions: OptionValue {
    public static var optionKind: String { "options with values such as lr=5e-4,epochs=12" }

    public init?(optionText: String) {
        guard let options = try? StageOptions(parsing: [optionText]) else { return nil }
        self = options
    }

    public var optionText: String { entries.map { "\($0.name)=\($0.value ?? "")" }.joined(separator: ",") }
}
