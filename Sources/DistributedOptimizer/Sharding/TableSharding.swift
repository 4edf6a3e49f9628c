/// Where the rows of the tables of items and users lie.
public enum TableSharding: String, Sendable, CaseIterable {
    /// All of them on every node.
    case none
    /// Each on the rank that keeps it, with its moments; a step fetches the rows that it reads.
    case rows
}
