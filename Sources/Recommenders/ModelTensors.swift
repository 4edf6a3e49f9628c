/// The names of tensors in the files of a model that others than the model have to know.
public struct ModelTensors: Sendable {
    /// The table whose rows are the items' vectors (``Recommender/items``), in every stage.
    public let items: String
    /// The table of the users' vectors (``Recommender/users``); nil for a model that has none.
    public let users: String?
    /// Tensors in files of others that scoring has no use for: those whose names begin with one of these.
    public let unused: [String]

    /// - Parameters:
    ///   - items: the parameter that the model's `items` are in. (default: that of `Embedding("i_embeddings", ...)`)
    ///   - users: the same of its `users`.
    ///   - unused: how the names of tensors begin that files of others have besides.
    public init(items: String = "i_embeddings.weight", users: String? = nil, unused: [String] = []) {
        self.items = items
        self.users = users
        self.unused = unused
    }
}
