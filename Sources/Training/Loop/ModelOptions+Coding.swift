import Recommenders

/// Keys of a configuration.
extension ModelOption: CodingKey {}

/// The keys are the names of the command line's options; they stand beside those of ``TrainingConfiguration``.
extension ModelOptions: Codable {
    public init(from decoder: any Decoder) throws {
        self.init()
        let container = try decoder.container(keyedBy: ModelOption.self)
        func read<Value: Decodable>(_ key: ModelOption, into value: inout Value) throws {
            value = try container.decodeIfPresent(Value.self, forKey: key) ?? value
        }
        try read(.embeddingSize, into: &embeddingSize)
        try read(.historyMax, into: &historyMax)
        try read(.interests, into: &interests)
        try read(.attentionSize, into: &attentionSize)
        try read(.addPositions, into: &addPositions)
        try read(.addTransformer, into: &addTransformer)
        try read(.temperature, into: &temperature)
        layers = try container.decodeIfPresent(Int.self, forKey: .layers)
        try read(.heads, into: &heads)
        try read(.dropout, into: &dropout)
        try read(.hiddenSize, into: &hiddenSize)
        try read(.timeMax, into: &timeMax)
        timeUnitMax = try container.decodeIfPresent(Int.self, forKey: .timeUnitMax)
        // Written as text: YAML spells infinity in its own way.
        if let text = try container.decodeIfPresent(String.self, forKey: .power) { power = Float(text) ?? .nan }
        try read(.iterations, into: &iterations)
        try read(.reluLayer, into: &reluLayer)
        try read(.routing, into: &routing)
        try read(.adaptiveInterests, into: &adaptiveInterests)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: ModelOption.self)
        try container.encode(embeddingSize, forKey: .embeddingSize)
        try container.encode(historyMax, forKey: .historyMax)
        try container.encode(interests, forKey: .interests)
        try container.encode(attentionSize, forKey: .attentionSize)
        try container.encode(addPositions, forKey: .addPositions)
        try container.encode(addTransformer, forKey: .addTransformer)
        try container.encode(temperature, forKey: .temperature)
        try container.encodeIfPresent(layers, forKey: .layers)
        try container.encode(heads, forKey: .heads)
        try container.encode(dropout, forKey: .dropout)
        try container.encode(hiddenSize, forKey: .hiddenSize)
        try container.encode(timeMax, forKey: .timeMax)
        try container.encodeIfPresent(timeUnitMax, forKey: .timeUnitMax)
        try container.encode(power.description, forKey: .power)
        try container.encode(iterations, forKey: .iterations)
        try container.encode(reluLayer, forKey: .reluLayer)
        try container.encode(routing, forKey: .routing)
        try container.encode(adaptiveInterests, forKey: .adaptiveInterests)
    }
}
