/// Where Adam's moments lie, between several nodes.
public enum OptimizerSharding: String, Sendable, CaseIterable {
    /// All of them on every node.
    case none
    /// Those of the dense parameters, which are no tables, each on the rank that adds up its gradient.
    case dense
    /// Those of the tables, too.
    case all
}
