import KernelCore

extension Tape {
    /// `y_i = weight[groups_i] x_i`: every row by the matrix of its group.
    ///
    /// - Parameters:
    ///   - x: `[rows, inputs]`.
    ///   - groups: `[rows]`, from 0 to the number of groups - 1; read before this returns.
    ///   - weight: dense, the matrices `[outputs, inputs]` of the groups one under another.
    ///   - outputs: rows of one matrix; divides the rows of `weight`.
    /// - Returns: `[rows, outputs]`.
    public func groupedLinear(
        _ x: Variable, groups: UnsafePointer<Int32>, weight: Parameter, outputs: Int, file: StaticString = #fileID,
        line: UInt = #line
    ) -> Variable {
        let site = ModelSite(file: file, line: line)
        let isSound =
            accepts(
                "groupedLinear", at: site,
                x.columns == weight.columns && outputs > 0 && weight.rows % outputs == 0 && weight.tableIndex == nil,
                "x is \(x.shape), the weight \(weight.shape) for \(outputs) outputs: x must have the columns of the "
                    + "weight, and the outputs must divide its rows")
            && acceptsGroups(groups, count: x.rows, below: weight.rows / outputs, at: site)
        guard isSound else { return zeros(rows: x.rows, columns: outputs) }
        let weight = self(weight)
        let y = variable(rows: x.rows, columns: outputs)
        let grouping = RowGroups(groups, rows: x.rows, count: weight.rows / outputs, in: arena)
        // Rows of a group lie one behind another in these two, so that each group is one product.
        let inputs = arena.allocate(Float.self, count: x.count)
        let results = arena.allocate(Float.self, count: y.count)
        Kernel.gather(x.value, rows: grouping.order, count: x.rows, columns: x.columns, into: inputs)
        for group in 0..<grouping.count {
            let range = grouping.range(group)
            Kernel.multiplyTransposed(
                MatrixView(inputs, rows: x.rows, columns: x.columns)[range],
                weight.matrix[group * outputs..<(group + 1) * outputs], into: results + range.lowerBound * outputs,
                scratch: arena)
        }
        for row in 0..<x.rows {
            (y.value + Int(grouping.order[row]) * outputs).update(from: results + row * outputs, count: outputs)
        }
        record(
            GroupedLinearOperation(x: x, weight: weight, grouping: grouping, inputs: inputs, scratch: results, y: y))
        return y
    }

    private func acceptsGroups(
        _ groups: UnsafePointer<Int32>, count: Int, below bound: Int, at site: ModelSite
    ) -> Bool {
        guard let wrong = Kernel.firstOutside(groups, count: count, bound: bound) else { return true }
        return accepts(
            "groupedLinear", at: site, false,
            "a row is of group \(wrong), and the weight has \(bound) matrices, 0 to \(bound - 1)")
    }
}

/// The rows of a matrix, sorted by group; rows of one group keep their order.
private struct RowGroups: BitwiseCopyable {
    /// `[rows]`.
    let order: UnsafePointer<Int32>
    /// `[count + 1]`, where the rows of each group begin in `order`.
    let starts: UnsafePointer<Int32>
    let count: Int

    /// - Parameter groups: each from 0 to `count` - 1.
    init(_ groups: UnsafePointer<Int32>, rows: Int, count: Int, in arena: Arena) {
        let starts = arena.allocate(Int32.self, count: count + 1)
        let order = arena.allocate(Int32.self, count: rows)
        starts[0] = 0
        CountingSort.forEachElement(of: rows, ends: UnsafeMutableBufferPointer(start: starts + 1, count: count)) {
            Int(groups[$0])
        } _: { row, index in
            order[index] = Int32(row)
        }
        self.order = UnsafePointer(order)
        self.starts = UnsafePointer(starts)
        self.count = count
    }

    /// The indices in `order` of the rows of a group; empty for a group without rows.
    func range(_ group: Int) -> Range<Int> { Int(starts[group])..<Int(starts[group + 1]) }
}

private struct GroupedLinearOperation: Operation {
    let x: Variable
    let weight: Variable
    let grouping: RowGroups
    /// The rows of `x` by group.
    let inputs: UnsafeMutablePointer<Float>
    /// Room for the gradients of the rows of `y` by group.
    let scratch: UnsafeMutablePointer<Float>
    let y: Variable

    var cost: OperationCost {
        let products = x.count * y.columns
        return OperationCost(
            forward: Work(2 * products, floats: 3 * x.count + weight.count + 3 * y.count),
            backward: Work(4 * products, floats: 4 * x.count + 3 * weight.count + 3 * y.count))
    }

    func backward(on tape: Tape) {
        let (width, outputs) = (x.columns, y.columns)
        let gradients = tape.arena.allocate(Float.self, count: x.count)
        Kernel.gather(y.gradient, rows: grouping.order, count: y.rows, columns: outputs, into: scratch)
        for group in 0..<grouping.count {
            let range = grouping.range(group)
            let dy = MatrixView(scratch, rows: y.rows, columns: outputs)[range]
            let matrix = group * outputs..<(group + 1) * outputs
            Kernel.multiply(dy, weight.matrix[matrix], into: gradients + range.lowerBound * width)
            Kernel.addTransposedProduct(
                dy, MatrixView(inputs, rows: x.rows, columns: width)[range],
                into: weight.gradient + matrix.lowerBound * width)
        }
        Kernel.scatterAdd(
            dy: MatrixView(gradients, rows: x.rows, columns: width), rows: grouping.order, into: x.gradient)
    }
}
