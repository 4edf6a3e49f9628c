import KernelCore

/// Rows of a table that several mini-batches read: as they are, and with columns as rows.
struct SharedRows: BitwiseCopyable {
    let parameter: Int
    let list: UnsafePointer<Int32>
    /// `[count, columns]`.
    let rows: MatrixView
    /// `[columns, count]`.
    let transposed: MatrixView
}

/// What the mini-batches of a step have in common: computed by the first of them, read by the others.
struct StepMemory {
    let arena = Arena()
    var isOpen = false
    var sampledNegatives: (distribution: NegativeDistribution, count: Int, items: UnsafePointer<Int32>)?
    var rows: SharedRows?

    mutating func forget() {
        arena.reset()
        sampledNegatives = nil
        rows = nil
    }
}

extension Tape {
    /// Says that the mini-batches until ``endStep()`` belong to one step: neither parameters nor step number change.
    /// What they have in common is then computed once.
    public func beginStep() {
        stepMemory.forget()
        stepMemory.isOpen = true
    }

    /// Forgets what the mini-batches of the step had in common.
    public func endStep() {
        stepMemory.forget()
        stepMemory.isOpen = false
    }

    /// The rows of a parameter that a list names.
    func sharedRows(of parameter: Parameter, _ list: UnsafePointer<Int32>, count: Int) -> SharedRows {
        if let known = stepMemory.rows, known.parameter == parameter.index, known.list == list, known.rows.rows == count
        {
            return known
        }
        // Only a list that outlives the mini-batch has rows that do.
        let outlives = stepMemory.isOpen && stepMemory.sampledNegatives?.items == list
        let arena = outlives ? stepMemory.arena : arena
        let rows = arena.allocate(Float.self, count: count * parameter.columns)
        Kernel.gather(parameters(parameter), rows: list, count: count, columns: parameter.columns, into: rows)
        let matrix = MatrixView(rows, rows: count, columns: parameter.columns)
        let shared = SharedRows(
            parameter: parameter.index, list: list, rows: matrix, transposed: Kernel.transposed(matrix, in: arena))
        if outlives { stepMemory.rows = shared }
        return shared
    }
}
