/// Which items are found for a user, and how many.
public struct SearchOptions: Sendable, Equatable {
    /// Items of a user.
    public var top: Int
    /// Whether items of the user's history may be found again.
    public var includesSeen = false
    /// Numbers of the items that may be found; nil: all.
    public var allowed: [Int32]?
    /// Numbers of items that may not be found.
    public var banned: [Int32] = []
    /// Whether the interest that finds an item is looked for; otherwise 0 is told.
    public var namesInterests = true
    /// nil: the best items; otherwise they give way to those of other categories.
    public var diversity: Diversity?

    /// - Parameter top: at least 1.
    public init(top: Int = 20) { self.top = top }

    /// The controllable diversity of ComiRec (Cen et al., KDD 2020): see ``DiverseSelection``.
    public struct Diversity: Sendable, Equatable {
        /// What an item of another category is worth for each item that is there already, in the unit of the scores.
        public let weight: Double
        /// `[itemCount + 1]`: the category of each item, from 1; 0 for an item that shares its category with no other.
        public let categories: [Int32]

        /// - Parameters:
        ///   - weight: what an item of another category is worth, in the unit of the scores.
        ///   - categories: `[itemCount + 1]`: the category of each item, from 1; 0 for an item that shares its category
        ///     with no other.
        public init(weight: Double, categories: [Int32]) {
            self.weight = weight
            self.categories = categories
        }
    }
}
