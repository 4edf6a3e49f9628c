import KernelCore

extension Tape {
    /// Rows of a table or a dense matrix: `y_i = parameter[rows_i]`.
    ///
    /// - Parameter rows: `[count]`, valid until the tape begins anew.
    /// - Returns: `[count, columns]`.
    public func rows(
        _ rows: UnsafePointer<Int32>, of parameter: Parameter, count: Int, file: StaticString = #fileID,
        line: UInt = #line
    ) -> Variable {
        let site = ModelSite(file: file, line: line)
        guard
            accepts("rows", at: site, count >= 0, "\(count) rows of a parameter \(parameter.shape) are asked for"),
            accepts("rows", at: site, "numbers", rows, count: count, of: parameter)
        else { return zeros(rows: count, columns: parameter.columns) }
        let y = variable(rows: count, columns: parameter.columns)
        Kernel.gather(
            parameters(parameter), rows: rows, count: count, columns: parameter.columns, into: y.value)
        record(RowsOperation(parameter: parameter, rows: rows, y: y))
        return y
    }

    /// Rows of a matrix on the tape, alone or in groups: `y_i = x_(rows_i)`.
    ///
    /// - Parameters:
    ///   - rows: `[count]`, valid until the tape begins anew.
    ///   - size: rows of a group, counted by `rows` as one.
    /// - Returns: `[count * size, columns]`.
    public func take(
        _ rows: UnsafePointer<Int32>, of x: Variable, count: Int, inGroupsOf size: Int = 1,
        file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        guard
            accepts(
                "take", at: ModelSite(file: file, line: line),
                count >= 0 && size > 0 && x.rows % size == 0
                    && Kernel.firstOutside(rows, count: count, bound: x.rows / size) == nil,
                "x is \(x.shape) in groups of \(size), of which \(count) are asked for: whole groups, and numbers of them "
                    + "are needed")
        else { return zeros(rows: count * size, columns: x.columns) }
        let y = variable(rows: count * size, columns: x.columns)
        let width = size * x.columns
        Kernel.gather(x.value, rows: rows, count: count, columns: width, into: y.value)
        record(TakeOperation(x: x, rows: rows, count: count, width: width, y: y))
        return y
    }

    /// Scores of candidate items: `s[b, c] = <users_b, parameter[candidates_bc]>`.
    ///
    /// - Parameters:
    ///   - users: `[B, d]`, candidates: `[B, perUser]`.
    /// - Returns: `[B, perUser]`.
    public func scores(
        of users: Variable, candidates: UnsafePointer<Int32>, perUser: Int, in parameter: Parameter,
        file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        let site = ModelSite(file: file, line: line)
        guard
            accepts(
                "scores", at: site, users.columns == parameter.columns && perUser >= 0,
                "the users are \(users.shape) with \(perUser) candidates each, the items \(parameter.shape): "
                    + "one number of columns is needed"),
            accepts("scores", at: site, "candidates", candidates, count: users.rows * perUser, of: parameter)
        else { return zeros(rows: users.rows, columns: perUser) }
        let y = variable(rows: users.rows, columns: perUser)
        Kernel.scores(
            users: users.matrix, table: parameters(parameter), candidates: candidates, perUser: perUser, into: y.value)
        record(ScoresOperation(users: users, parameter: parameter, candidates: candidates, y: y))
        return y
    }

    /// For each row of packed histories its distance from the start: the oldest has 0.
    ///
    /// - Returns: `[sequences.total]`, valid until the tape begins anew.
    public func positionsFromOldest(_ sequences: JaggedOffsets) -> UnsafePointer<Int32> {
        let positions = arena.allocate(Int32.self, count: sequences.total)
        for sequence in 0..<sequences.count {
            let start = sequences.offsets[sequence]
            for row in start..<sequences.offsets[sequence + 1] { positions[Int(row)] = row - start }
        }
        note("positions", Work(0, floats: sequences.total))
        return UnsafePointer(positions)
    }

    /// For each row of packed histories its distance from the end: the newest has 1, the oldest the length.
    ///
    /// - Returns: `[sequences.total]`, valid until the tape begins anew.
    public func positionsFromNewest(_ sequences: JaggedOffsets) -> UnsafePointer<Int32> {
        let positions = arena.allocate(Int32.self, count: sequences.total)
        for sequence in 0..<sequences.count {
            let end = sequences.offsets[sequence + 1]
            for row in sequences.offsets[sequence]..<end { positions[Int(row)] = end - row }
        }
        note("positions", Work(0, floats: sequences.total))
        return UnsafePointer(positions)
    }
}

private struct RowsOperation: Operation {
    let parameter: Parameter
    let rows: UnsafePointer<Int32>
    let y: Variable

    var cost: OperationCost {
        OperationCost(forward: Work(0, floats: 2 * y.count), backward: Work(y.count, floats: 3 * y.count))
    }

    func backward(on tape: Tape) {
        guard parameter.tableIndex != nil else {
            Kernel.scatterAdd(dy: y.gradientMatrix, rows: rows, into: tape(parameter).gradient)
            return
        }
        for index in 0..<y.rows {
            Kernel.accumulate(
                y.gradient + index * y.columns, into: tape.gradientRow(parameter, rows[index]), count: y.columns)
        }
    }
}

private struct TakeOperation: Operation {
    let x: Variable
    let rows: UnsafePointer<Int32>
    let count: Int
    /// Floats of a group.
    let width: Int
    let y: Variable

    var cost: OperationCost {
        OperationCost(forward: Work(0, floats: 2 * y.count), backward: Work(y.count, floats: 3 * y.count))
    }

    func backward(on tape: Tape) {
        for index in 0..<count {
            Kernel.accumulate(y.gradient + index * width, into: x.gradient + Int(rows[index]) * width, count: width)
        }
    }
}

private struct ScoresOperation: Operation {
    let users: Variable
    let parameter: Parameter
    let candidates: UnsafePointer<Int32>
    let y: Variable

    var cost: OperationCost {
        let products = y.count * users.columns
        return OperationCost(
            forward: Work(2 * products, floats: products + users.count + y.count),
            backward: Work(4 * products, floats: 3 * products + 3 * users.count + y.count))
    }

    func backward(on tape: Tape) {
        let table = tape.parameters(parameter)
        for user in 0..<y.rows {
            let vector = users.value + user * users.columns
            let gradient = users.gradient + user * users.columns
            for candidate in user * y.columns..<(user + 1) * y.columns {
                let item = candidates[candidate]
                Kernel.accumulate(
                    table + Int(item) * users.columns, times: y.gradient[candidate], into: gradient,
                    count: users.columns)
                Kernel.accumulate(
                    vector, times: y.gradient[candidate], into: tape.gradientRow(parameter, item), count: users.columns)
            }
        }
    }
}
