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

extension StageName: ExpressibleByArgument {
    var selection: StageSelection { TrainingStage(rawValue: rawValue).map { .only($0) } ?? .all }
}

extension RankingProtocol: ExpressibleByArgument {}
extension TrainingStage: ExpressibleByArgument {}
