import Differentiation
import Interactions

/// Part of a training scheme that trains in several runs, one starting from the result of the one before.
public enum TrainingStage: String, Sendable, Codable, CaseIterable {
    case pretrain
    case finetune
}

/// A model that can be asked for by name.
public struct RecommenderEntry: Sendable {
    public let name: String
    /// One line for a list.
    public let summary: String
    /// The stages of its training, in order; empty for a model that is trained in one run.
    public let stages: [TrainingStage]
    /// The names of the parameters that the last stage takes over from the one before begin with this.
    public let inheritedPrefix: String?
    /// What the model learns from.
    public let samples: SampleKind
    /// What ``ModelOptions/layers`` is where nobody chooses.
    public let standardLayers: Int
    private let make: @Sendable (ModelContext, ParameterScope) -> any Recommender

    /// - Parameter make: builds the model and registers its parameters.
    public init(
        name: String, summary: String, stages: [TrainingStage] = [], inheritedPrefix: String? = nil,
        samples: SampleKind = .sequential, standardLayers: Int = 1,
        make: @escaping @Sendable (ModelContext, ParameterScope) -> any Recommender
    ) {
        self.name = name
        self.summary = summary
        self.stages = stages
        self.inheritedPrefix = inheritedPrefix
        self.samples = samples
        self.standardLayers = standardLayers
        self.make = make
    }

    /// Builds the model and registers its parameters in `scope`.
    public func model(_ context: ModelContext, in scope: ParameterScope) -> any Recommender {
        var context = context
        context.layers = context.options.layers ?? standardLayers
        return make(context, scope)
    }
}

/// The models that come with Facet.
public enum RecommenderCatalogue {
    public static let entries: [RecommenderEntry] = [
        RecommenderEntry(
            name: "ComiRec", summary: "self-attentive interests, hardest interest trained (Cen et al. 2020)"
        ) { context, scope in ComiRec(context, in: scope) },
        RecommenderEntry(
            name: "ComiRec-DR", summary: "interests by dynamic routing, hardest interest trained (Cen et al. 2020)"
        ) { context, scope in ComiRecDR(context, in: scope) },
        RecommenderEntry(
            name: "MIND", summary: "interests by dynamic routing, label-aware attention (Li et al. 2019)"
        ) { context, scope in MIND(context, in: scope) },
        RecommenderEntry(
            name: "TiMiRec", summary: "interests weighted by a distilled predictor (Wang et al. 2022)",
            stages: [.pretrain, .finetune], inheritedPrefix: TiMiRec.extractorScope + "."
        ) { context, scope in
            switch context.stage {
            case .pretrain: PretrainedTiMiRec(context, in: scope)
            case .finetune, nil: TiMiRec(context, in: scope)
            }
        },
    ]

    /// The entry called `name`, whatever its capitals.
    public static func entry(named name: String) -> RecommenderEntry? {
        entries.first { $0.name.lowercased() == name.lowercased() }
    }

    /// The name that needs the fewest single-letter changes to become `name`.
    public static func nearestName(to name: String) -> String? {
        entries.map(\.name).min {
            distance($0.lowercased(), name.lowercased()) < distance($1.lowercased(), name.lowercased())
        }
    }

    /// Levenshtein's distance.
    static func distance(_ a: String, _ b: String) -> Int {
        let b = Array(b)
        var row = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                let substituted = diagonal + (x == y ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[b.count]
    }
}
