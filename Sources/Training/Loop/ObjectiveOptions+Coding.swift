import Recommenders

/// The keys are the names of the command line's options; they stand beside those of ``TrainingConfiguration``.
extension ObjectiveOptions: Codable {
    private enum CodingKeys: String, CodingKey {
        case loss, selection
        case selectionTemperature = "selection-temperature"
        case sharesNegatives = "shared-negatives"
        case proposal
        case masksHits = "mask-hits"
        case importance
        case hasMultiInterestLoss = "multi-interest-loss"
        case routingRegularization = "routing-regularization"
        case dissimilarity
        case dissimilarityMargin = "dissimilarity-margin"
    }

    public init(from decoder: any Decoder) throws {
        self.init()
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func read<Value: Decodable>(_ key: CodingKeys, into value: inout Value) throws {
            value = try container.decodeIfPresent(Value.self, forKey: key) ?? value
        }
        try read(.loss, into: &loss)
        try read(.selection, into: &selection)
        try read(.selectionTemperature, into: &selectionTemperature)
        try read(.sharesNegatives, into: &sharesNegatives)
        try read(.proposal, into: &proposal)
        try read(.masksHits, into: &masksHits)
        try read(.importance, into: &importance)
        try read(.hasMultiInterestLoss, into: &hasMultiInterestLoss)
        try read(.routingRegularization, into: &routingRegularization)
        try read(.dissimilarity, into: &dissimilarity)
        try read(.dissimilarityMargin, into: &dissimilarityMargin)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(loss, forKey: .loss)
        try container.encode(selection, forKey: .selection)
        try container.encode(selectionTemperature, forKey: .selectionTemperature)
        try container.encode(sharesNegatives, forKey: .sharesNegatives)
        try container.encode(proposal, forKey: .proposal)
        try container.encode(masksHits, forKey: .masksHits)
        try container.encode(importance, forKey: .importance)
        try container.encode(hasMultiInterestLoss, forKey: .hasMultiInterestLoss)
        try container.encode(routingRegularization, forKey: .routingRegularization)
        try container.encode(dissimilarity, forKey: .dissimilarity)
        try container.encode(dissimilarityMargin, forKey: .dissimilarityMargin)
    }
}
