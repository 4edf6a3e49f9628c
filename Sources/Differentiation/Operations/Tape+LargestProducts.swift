import KernelCore

extension Tape {
    /// The rows of a parameter with the largest inner products with each row of `x`, the largest first: what
    /// ``rows(_:of:count:file:line:)`` takes. No gradient flows through the choice.
    ///
    /// - Parameters:
    ///   - parameter: dense, `[rows, d]`.
    ///   - x: `[B, d]`.
    ///   - count: how many for each row of `x`, 1 to the rows of the parameter.
    /// - Returns: `[B, count]`, valid until the tape begins anew.
    public func largestProducts(
        of parameter: Parameter, with x: Variable, count: Int, file: StaticString = #fileID, line: UInt = #line
    ) -> UnsafePointer<Int32> {
        guard
            accepts(
                "largestProducts", at: ModelSite(file: file, line: line),
                x.columns == parameter.columns && parameter.tableIndex == nil && count > 0 && count <= parameter.rows,
                "x is \(x.shape), the parameter \(parameter.shape), of which \(count) rows are asked for: x must have its "
                    + "columns, it must be dense, and 1 to \(parameter.rows) rows can be had")
        else { return UnsafePointer(arena.allocateZeroed(Int32.self, count: x.rows * max(count, 0))) }
        let products = arena.allocate(Float.self, count: x.rows * parameter.rows)
        let rows = MatrixView(parameters(parameter), rows: parameter.rows, columns: parameter.columns)
        Kernel.multiplyTransposed(x.matrix, rows, into: products, scratch: arena)
        let choice = arena.allocate(Int32.self, count: x.rows * count)
        Kernel.largestColumns(MatrixView(products, rows: x.rows, columns: parameter.rows), count: count, into: choice)
        note(
            "largest products",
            Work(2 * x.count * parameter.rows, floats: x.count + parameter.count + x.rows * parameter.rows))
        return UnsafePointer(choice)
    }
}
