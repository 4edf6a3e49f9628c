import ArgumentParser
import Evaluation
import Interactions
import Recommenders
import Training

/// 0 or 1, true or false.
struct Switch: ExpressibleByArgument {
    let isOn: Bool

    init?(argument: String) {
        switch argument.lowercased() {
        case "1", "true", "yes", "on": isOn = true
        case "0", "false", "no", "off": isOn = false
        default: return nil
        }
    }

    init(_ isOn: Bool) { self.isOn = isOn }

    var defaultValueDescription: String { isOn ? "1" : "0" }
}

/// A stage of a model, or all of them.
enum StageOption: String, ExpressibleByArgument, CaseIterable {
    case pretrain, finetune, both

    var selection: StageSelection {
        switch self {
        case .pretrain: .only(.pretrain)
        case .finetune: .only(.finetune)
        case .both: .all
        }
    }
}

extension RankingProtocol: ExpressibleByArgument {}
extension TrainingStage: ExpressibleByArgument {}
