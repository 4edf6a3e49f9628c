/// How the rows of a matrix are the interests of users: those of user b are the rows `b * perUser ..< (b + 1) * perUser`.
///
/// A user may have fewer interests than there is room for: then only the first of the rows take part.
public struct InterestGroups: BitwiseCopyable {
    /// Interests that every user has room for, K.
    public let perUser: Int
    /// `[users]`, how many interests each user really has, 1...K; nil: all have K.
    public let counts: UnsafePointer<Int32>?

    /// - Parameter counts: valid as long as the groups are used.
    @inlinable
    public init(perUser: Int, counts: UnsafePointer<Int32>? = nil) {
        self.perUser = perUser
        self.counts = counts
    }

    /// One vector for each user.
    @inlinable
    public static var single: InterestGroups { InterestGroups(perUser: 1) }

    /// How many interests a user has.
    @inlinable
    public func count(_ user: Int) -> Int { counts.map { Int($0[user]) } ?? perUser }

    /// The users of a matrix of interests, `[users * K, d]`; 0 where a user has room for none.
    @inlinable
    public func users(rows: Int) -> Int { perUser > 0 ? rows / perUser : 0 }
}
