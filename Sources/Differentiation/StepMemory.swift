import KernelCore

/// Vectors of items that several mini-batches read: as they are, and with columns as rows.
struct SharedItems: BitwiseCopyable {
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
    var rows: (parameter: Int, list: UnsafePointer<Int32>, items: SharedItems)?
    /// All rows of a table but row 0.
    var allRows: (parameter: Int, items: SharedItems)?
    /// Of each dense parameter, by its index, with columns as rows; nil where nobody has asked for it yet.
    private var transposed: [UnsafePointer<Float>?] = []

    mutating func forget() {
        arena.reset()
        sampledNegatives = nil
        rows = nil
        allRows = nil
        for index in transposed.indices { transposed[index] = nil }
    }

    /// A dense parameter with columns as rows, `[columns, rows]`.
    mutating func transposed(_ parameter: Parameter, _ values: UnsafePointer<Float>) -> MatrixView {
        while transposed.count <= parameter.index { transposed.append(nil) }
        if let known = transposed[parameter.index] {
            return MatrixView(known, rows: parameter.columns, columns: parameter.rows)
        }
        let result = Kernel.transposed(
            MatrixView(values, rows: parameter.rows, columns: parameter.columns), in: arena)
        transposed[parameter.index] = result.start
        return result
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

    /// A dense parameter with columns as rows, `[columns, rows]`: once for all mini-batches of a step.
    func transposed(_ parameter: Parameter) -> MatrixView {
        let values = parameters(parameter)
        guard stepMemory.isOpen else {
            return Kernel.transposed(
                MatrixView(values, rows: parameter.rows, columns: parameter.columns), in: arena)
        }
        return stepMemory.transposed(parameter, values)
    }

    /// The rows of a parameter that a list names.
    func sharedRows(of parameter: Parameter, _ list: UnsafePointer<Int32>, count: Int) -> SharedItems {
        if let known = stepMemory.rows, known.parameter == parameter.index, known.list == list,
            known.items.rows.rows == count
        {
            return known.items
        }
        // Only a list that outlives the mini-batch has rows that do.
        let outlives = stepMemory.isOpen && stepMemory.sampledNegatives?.items == list
        let arena = outlives ? stepMemory.arena : arena
        let rows = arena.allocate(Float.self, count: count * parameter.columns)
        Kernel.gather(parameters(parameter), rows: list, count: count, columns: parameter.columns, into: rows)
        let matrix = MatrixView(rows, rows: count, columns: parameter.columns)
        let items = SharedItems(rows: matrix, transposed: Kernel.transposed(matrix, in: arena))
        if outlives { stepMemory.rows = (parameter.index, list, items) }
        return items
    }

    /// The most floats of a table that is kept with columns as rows: 64 MiB.
    private static let largestTransposedTable = 1 << 24

    /// All rows of a table but row 0, where they lie; nil for a table of which no copy should be made.
    func allRows(of parameter: Parameter) -> SharedItems? {
        if let known = stepMemory.allRows, known.parameter == parameter.index { return known.items }
        guard parameter.count <= Self.largestTransposedTable, parameter.rows > 0 else { return nil }
        let rows = MatrixView(
            parameters(parameter) + parameter.columns, rows: parameter.rows - 1, columns: parameter.columns)
        let arena = stepMemory.isOpen ? stepMemory.arena : arena
        let items = SharedItems(rows: rows, transposed: Kernel.transposed(rows, in: arena))
        if stepMemory.isOpen { stepMemory.allRows = (parameter.index, items) }
        return items
    }
}
