import Interactions

/// How much of what is known of a user counts as the history.
public enum HistoryChoice: String, Sendable, CaseIterable {
    /// What the model was trained on: what is found can be compared with dev and test.
    case train
    /// What dev adds, too: what is found can be compared with test.
    case trainAndDev = "train+dev"
    /// Everything: what a shop wants.
    case all

    /// The splits whose interactions are the history.
    public var splits: Set<Split> {
        switch self {
        case .train: [.train]
        case .trainAndDev: [.train, .dev]
        case .all: [.train, .dev, .test]
        }
    }
}
