import Differentiation
import Interactions
import KernelCore
import Options

/// LightGCN: matrix factorization over a graph (He et al., SIGIR 2020).
///
///     X_0 = [P; E],   X_k = A X_{k-1},   A = D^-1/2 (adjacency) D^-1/2
///     F = (X_0 + ... + X_n) / (n + 1),   n = propagations
///     s = <F_u, F_i>
///
/// The adjacency joins users and items that meet in train, each pair once. The tape reads rows of `F` where the model
/// asks for those of `P` and `E`; see ``GraphPropagation``.
public struct LightGCN: SingleVectorRecommender {
    /// Propagations over the graph, n.
    public static let propagations = ModelOption(
        "propagations", default: 3, in: .within(1...16),
        OptionTraits(aliases: ["layers", "n-layers", "num-layers"], folder: .ifChanged("layers")),
        help: "Propagations over the graph of interactions; --layers is another name of it.")

    /// The number of propagations.
    public static let options: [any DeclaredModelOption] = [propagations]

    /// E, the items' vectors before propagation, `[itemCount + 1, d]`; row 0 is padding.
    public let items: Embedding
    /// P, the users' vectors before propagation, `[userCount + 1, d]`; row 0 belongs to nobody. Never nil.
    public let users: Embedding?
    /// What P and E are spread over; nil where the context has no graph, for a model that is only looked at.
    public let propagation: GraphPropagation?
    private let table: Embedding

    /// Registers `encoder.embedding_dict.user_emb`, `[userCount + 1, d]`, and `encoder.embedding_dict.item_emb`,
    /// `[itemCount + 1, d]`.
    public init(_ context: ModelContext, in scope: ParameterScope) {
        let size = context.options.embeddingSize
        let scope = scope.within("encoder").within("embedding_dict")
        table = Embedding(
            table: scope.table(
                "user_emb", rows: context.userCount + 1, columns: size, paddingRow: false, .xavierUniform))
        users = table
        items = Embedding(
            table: scope.table("item_emb", rows: context.itemCount + 1, columns: size, .xavierUniform))
        propagation = context.graph.map { graph in
            GraphPropagation(
                NodeGraph(graph, userRows: context.userCount + 1, itemRows: context.itemCount + 1),
                layers: context.options[Self.propagations])
        }
    }

    /// The rows of F of the batch's users, `[B, d]`.
    public func userVectors(of batch: PackedBatch, on tape: Tape) -> Variable {
        table(batch.users, count: batch.count, on: tape)
    }
}
