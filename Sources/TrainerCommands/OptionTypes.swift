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

/// Cut-offs as `5,10,20`.
struct CutOffs: ExpressibleByArgument {
    let values: [Int]

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard !parts.isEmpty, parts.allSatisfy({ ($0 ?? 0) > 0 }) else { return nil }
        values = parts.compactMap { $0 }
    }

    init(_ values: [Int]) { self.values = values }

    var defaultValueDescription: String { values.map(String.init).joined(separator: ",") }
}

/// Measures as `recall,mrr`, or `none`.
struct MeasureList: ExpressibleByArgument {
    let values: Set<RankingMeasure>

    init?(argument: String) {
        let parts = argument == "none" ? [] : argument.split(separator: ",", omittingEmptySubsequences: false)
        let measures = parts.compactMap { RankingMeasure(rawValue: String($0)) }
        guard measures.count == parts.count else { return nil }
        values = Set(measures)
    }

    /// All that there are.
    static var names: String { RankingMeasure.allCases.map(\.rawValue).joined(separator: ",") }
}

extension RankingProtocol: ExpressibleByArgument {}
extension KeptParameters: ExpressibleByArgument {}
extension HistoryScores: ExpressibleByArgument {}
extension ExchangeKind: ExpressibleByArgument {}
extension SamplingRule: ExpressibleByArgument {}
