import Differentiation

/// How the ranks divide values of all parameters among themselves, such as the moments: each writes and reads its part.
package struct ParameterDivision {
    /// What this rank keeps.
    package let kept: ParameterSlice
    private let dividesDense: Bool
    private let dividedTables: [Bool]

    /// - Parameters:
    ///   - kept: what this rank keeps.
    ///   - dividesDense: whether the ranks divide the dense parameters; otherwise rank 0 has all of them.
    ///   - dividedTables: the same for each table.
    init(kept: ParameterSlice, dividesDense: Bool, dividedTables: [Bool]) {
        self.kept = kept
        self.dividesDense = dividesDense
        self.dividedTables = dividedTables
    }

    /// Whether the ranks divide the values of a parameter; otherwise rank 0 has all of them.
    package func isDivided(_ parameter: Parameter) -> Bool {
        parameter.tableIndex.map { dividedTables[$0] } ?? dividesDense
    }
}
