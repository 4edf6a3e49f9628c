import Recommenders

/// The keys are the names of the command line's options; they stand beside those of ``TrainingConfiguration``.
extension ObjectiveOptions: Codable {
    private enum CodingKeys: String, CodingKey {
        case loss, selection
        case selectionTemperature = "selection-temperature"
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
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(loss, forKey: .loss)
        try container.encode(selection, forKey: .selection)
        try container.encode(selectionTemperature, forKey: .selectionTemperature)
    }
}
