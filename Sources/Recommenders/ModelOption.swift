/// The hyperparameters of ``ModelOptions``, under the names that users know them by.
public enum ModelOption: String, Sendable, CaseIterable {
    case embeddingSize = "embedding-size"
    case historyMax = "history-max"
    case interests
    case attentionSize = "attention-size"
    case addPositions = "add-pos"
    case addTransformer = "add-trm"
    case temperature = "temp"
    case layers
    case heads
    case dropout
    case hiddenSize = "hidden-size"
    case timeMax = "time-max"
    case timeUnitMax = "time-unit-max"
    case power = "p"
    case iterations
    case reluLayer = "relu-layer"
    case routing
    case adaptiveInterests = "adaptive-interests"
}

extension ModelOptions {
    /// The hyperparameters that are not as usual.
    ///
    /// - Parameter standardLayers: the usual number of layers.
    func changed(standardLayers: Int) -> [ModelOption] {
        let usual = ModelOptions()
        return ModelOption.allCases.filter { option in
            func differs<Value: Equatable>(_ path: KeyPath<ModelOptions, Value>) -> Bool {
                self[keyPath: path] != usual[keyPath: path]
            }
            return switch option {
            case .embeddingSize: differs(\.embeddingSize)
            case .historyMax: differs(\.historyMax)
            case .interests: differs(\.interests)
            case .attentionSize: differs(\.attentionSize)
            case .addPositions: differs(\.addPositions)
            case .addTransformer: differs(\.addTransformer)
            case .temperature: differs(\.temperature)
            case .layers: (layers ?? standardLayers) != standardLayers
            case .heads: differs(\.heads)
            case .dropout: differs(\.dropout)
            case .hiddenSize: differs(\.hiddenSize)
            case .timeMax: differs(\.timeMax)
            case .timeUnitMax: timeUnitMax ?? 0 != 0
            case .power: differs(\.power)
            case .iterations: differs(\.iterations)
            case .reluLayer: differs(\.reluLayer)
            case .routing: differs(\.routing)
            case .adaptiveInterests: differs(\.adaptiveInterests)
            }
        }
    }
}

extension RecommenderEntry {
    /// The hyperparameters that are not as usual although the model has no use for them.
    ///
    /// The size of vectors and the length of histories are never among them: they are often the same for all models of a
    /// comparison.
    public func unused(of options: ModelOptions) -> [ModelOption] {
        guard let uses else { return [] }
        return options.changed(standardLayers: standardLayers).filter {
            !uses.contains($0) && $0 != .embeddingSize && $0 != .historyMax
        }
    }
}
