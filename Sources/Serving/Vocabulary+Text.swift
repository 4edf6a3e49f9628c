import Interactions

/// Ids as they stand in files.
extension Vocabulary {
    /// The id of a number of 1...count as text.
    public func text(of number: Int32) -> String { String(id(of: number)) }

    /// The number of an id as text; nil for one that is not among these.
    public func number(ofText text: String) -> Int32? { Int64(text).flatMap { number(of: $0) } }

    /// Whether the ids are whole numbers, and stand in JSON as such.
    public var isOfNumbers: Bool { true }
}
