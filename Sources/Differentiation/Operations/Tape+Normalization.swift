import KernelCore

extension Tape {
    /// Rows of one length: `y_i = scale x_i / |x_i|`, of a zero row zero.
    ///
    /// - Parameter parts: vectors that stand side by side in a row, each of which gets that length.
    public func normalizeRows(
        _ x: Variable, scale: Float = 1, parts: Int = 1, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        guard
            accepts(
                "normalizeRows", at: ModelSite(file: file, line: line),
                x.columns > 0 && scale > 0 && parts > 0 && x.columns % parts == 0,
                "x is \(x.shape) in \(parts) parts, the scale \(scale): columns for each part and a scale above 0 are "
                    + "needed")
        else { return zeros(rows: x.rows, columns: x.columns) }
        let y = variable(rows: x.rows, columns: x.columns)
        let inverses = arena.allocate(Float.self, count: x.rows * parts)
        Kernel.normalizeRows(
            MatrixView(x.value, rows: x.rows * parts, columns: x.columns / parts), scale: scale, inverses: inverses,
            into: y.value)
        record(NormalizeRowsOperation(x: x, scale: scale, parts: parts, inverses: inverses, y: y))
        return y
    }

    /// Scores of items that are on the tape: `s[b, c] = scale <users_b, items_bc>`.
    ///
    /// - Parameters:
    ///   - users: `[B, d]`, items: `[B * perUser, d]`, those of a user one after another.
    /// - Returns: `[B, perUser]`.
    public func scores(
        of users: Variable, items: Variable, perUser: Int, scale: Float = 1, file: StaticString = #fileID,
        line: UInt = #line
    ) -> Variable {
        guard
            accepts(
                "scores", at: ModelSite(file: file, line: line),
                perUser > 0 && items.rows == users.rows * perUser && items.columns == users.columns,
                "the users are \(users.shape), their items \(items.shape), \(perUser) each: one number of columns, and the "
                    + "items of each user are needed")
        else { return zeros(rows: users.rows, columns: perUser) }
        let y = variable(rows: users.rows, columns: perUser)
        for user in 0..<users.rows {
            for place in user * perUser..<(user + 1) * perUser {
                y.value[place] =
                    scale
                    * Kernel.dot(
                        users.value + user * users.columns, items.value + place * users.columns, count: users.columns)
            }
        }
        record(ItemScoresOperation(users: users, items: items, scale: scale, y: y))
        return y
    }
}

private struct NormalizeRowsOperation: Operation {
    let x: Variable
    let scale: Float
    let parts: Int
    let inverses: UnsafeMutablePointer<Float>
    let y: Variable

    var cost: OperationCost {
        OperationCost(forward: Work(3 * y.count, floats: 2 * y.count), backward: Work(6 * y.count, floats: 4 * y.count))
    }

    func backward(on tape: Tape) {
        Kernel.normalizeRowsBackward(
            y: MatrixView(y.value, rows: y.rows * parts, columns: y.columns / parts), scale: scale, inverses: inverses,
            dy: y.gradient, dx: x.gradient)
    }
}

private struct ItemScoresOperation: Operation {
    let users: Variable
    let items: Variable
    let scale: Float
    let y: Variable

    var cost: OperationCost {
        OperationCost(
            forward: Work(2 * items.count, floats: items.count + users.count + y.count),
            backward: Work(4 * items.count, floats: 3 * items.count + 3 * users.count + y.count))
    }

    func backward(on tape: Tape) {
        let width = users.columns
        for user in 0..<y.rows {
            for place in user * y.columns..<(user + 1) * y.columns {
                let incoming = scale * y.gradient[place]
                Kernel.accumulate(
                    items.value + place * width, times: incoming, into: users.gradient + user * width, count: width)
                Kernel.accumulate(
                    users.value + user * width, times: incoming, into: items.gradient + place * width, count: width)
            }
        }
    }
}
