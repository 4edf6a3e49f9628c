import Differentiation

/// The interest vectors of the users of a mini-batch: `[B * perUser, d]`, those of a user one after another.
public struct Interests: BitwiseCopyable {
    public let vectors: Variable
    public let perUser: Int

    public init(vectors: Variable, perUser: Int) {
        self.vectors = vectors
        self.perUser = perUser
    }

    /// Number of users.
    public var count: Int { vectors.rows / perUser }
}
