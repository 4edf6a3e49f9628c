import Differentiation
import KernelCore

/// The interest vectors of the users of a mini-batch: `[B * perUser, d]`, those of a user one after another.
///
/// Users may have fewer interests than there is room for. In the rows that are left the first one stands again:
/// scores, which take the best interest, need not know about it.
public struct Interests: BitwiseCopyable {
    /// The interests, `[B * perUser, d]`.
    public let vectors: Variable
    /// Rows of ``vectors`` for each user, K.
    public let perUser: Int
    /// `[B]`, how many interests each user really has; nil: all have `perUser`.
    public let counts: UnsafePointer<Int32>?
    /// `[T, perUser]`, the weights of the history's items in each interest, adding up to 1 over a history; nil for
    /// interests that no differentiable weights lead to.
    public let attention: Variable?
    /// Whether the k-th interests of two users belong together, such as those of one row of a matrix. False where chance
    /// decides for each user which interest is the first: then shares of users by interest say nothing.
    public let correspond: Bool
    /// Where the model made them.
    let site: ModelSite

    /// The interests of a mini-batch, as a model has computed them.
    ///
    /// - Parameters:
    ///   - vectors: `[B * perUser, d]`, those of a user one after another; the first one again in rows that are left.
    ///   - counts: `[B]`, how many each user really has, valid as long as `vectors`; nil: all have `perUser`.
    ///   - attention: `[T, perUser]`, the weights of the history's items; nil where there are no differentiable ones.
    ///   - correspond: whether the k-th interests of two users belong together.
    ///   - file, line: where the model made them, for the message of a mistake.
    public init(
        vectors: Variable, perUser: Int, counts: UnsafePointer<Int32>? = nil, attention: Variable? = nil,
        correspond: Bool = true, file: StaticString = #fileID, line: UInt = #line
    ) {
        self.vectors = vectors
        self.perUser = perUser
        self.counts = counts
        self.attention = attention
        self.correspond = correspond
        site = ModelSite(file: file, line: line)
    }

    /// Which rows of ``vectors`` are whose.
    public var groups: InterestGroups { InterestGroups(perUser: perUser, counts: counts) }

    /// The interests of one user, `[perUser, d]`, all that there is room for.
    public func ofUser(_ user: Int) -> MatrixView { vectors.matrix[user * perUser..<(user + 1) * perUser] }

    /// Number of users.
    public var count: Int { perUser > 0 ? vectors.rows / perUser : 0 }
}
