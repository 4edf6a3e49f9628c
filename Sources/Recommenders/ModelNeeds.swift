/// What a model needs beside the items of histories.
public struct ModelNeeds: OptionSet, Sendable {
    /// A bit for each need.
    public let rawValue: Int

    /// The needs whose bits are set.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// The model looks at the times of interactions.
    public static let times = ModelNeeds(rawValue: 1)
    /// The model needs ``ModelContext/graph``.
    public static let graph = ModelNeeds(rawValue: 2)
}
