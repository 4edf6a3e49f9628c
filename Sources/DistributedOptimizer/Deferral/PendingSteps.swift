import Differentiation
import KernelCore

/// The steps that rows of tables wait for at one moment: with these a copy of the parameters and moments of that moment
/// becomes what it would be if no row ever waited.
package struct PendingSteps: Sendable {
    struct Table: Sendable {
        let parameter: Parameter
        let firstRow: Int
        /// Of each row how many of the last of `steps` it waits for.
        let waiting: [UInt8]
        let steps: [DeferredStep]
    }

    let tables: [Table]

    /// The most steps that a row waits for.
    package var longestWait: Int { tables.flatMap(\.waiting).max().map(Int.init) ?? 0 }

    /// Takes the steps in a copy.
    ///
    /// - Parameter values: where the copies of a table and its moments lie.
    /// - Returns: whether all gradients are finite numbers.
    package func finish(
        _ values: (Parameter) -> (
            parameters: UnsafeMutablePointer<Float>, first: UnsafeMutablePointer<Float>,
            second: UnsafeMutablePointer<Float>
        )
    ) -> Bool {
        Kernel.flushingSubnormals {
            var isFinite = true
            for table in tables {
                let copy = values(table.parameter)
                let columns = table.parameter.columns
                table.steps.withUnsafeBufferPointer { steps in
                    for row in table.firstRow..<table.parameter.rows where table.waiting[row] > 0 {
                        let start = row * columns
                        let rowIsFinite = Kernel.adam(
                            UnsafeBufferPointer(rebasing: steps.suffix(Int(table.waiting[row]))),
                            parameters: copy.parameters + start, first: copy.first + start,
                            second: copy.second + start, count: columns)
                        isFinite = isFinite && rowIsFinite
                    }
                }
            }
            return isFinite
        }
    }
}
