import Differentiation
import KernelCore

/// A table of vectors, one a row: `y_i = table[ids_i]`.
public struct Embedding: Sendable {
    /// The parameter that holds the vectors, `[rows, size]`: a table, or a dense matrix with `sparse: false`.
    public let table: Parameter

    /// - Parameters:
    ///   - name: the parameter is called `<name>.weight`.
    ///   - sparse: whether a sample touches a few of many rows, whose gradients are then kept and sent row by row. Row 0 of
    ///     a sparse table is padding.
    public init(
        _ name: String, rows: Int, size: Int, sparse: Bool = true, in scope: ParameterScope,
        file: StaticString = #fileID, line: UInt = #line
    ) {
        let scope = scope.within(name)
        table =
            sparse
            ? scope.table("weight", rows: rows, columns: size, .embedding, file: file, line: line)
            : scope.matrix("weight", rows: rows, columns: size, .embedding, file: file, line: line)
    }

    /// A table that is registered already.
    init(table: Parameter) { self.table = table }

    /// `[count, size]` for `ids` `[count]`.
    public func callAsFunction(
        _ ids: UnsafePointer<Int32>, count: Int, on tape: Tape, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        tape.rows(ids, of: table, count: count, file: file, line: line)
    }
}

extension Initialization {
    /// N(0, 0.01): embeddings, and weights and biases of linear layers.
    public static let embedding = Initialization.normal(deviation: 0.01)
}
