import Interactions

extension Vocabulary {
    /// Whether the ids are whole numbers, and stand in JSON as such.
    public var isOfNumbers: Bool { names == nil }
}
