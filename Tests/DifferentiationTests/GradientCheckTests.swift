import Differentiation
import KernelCore
import Testing

/// `y = x * x`, element by element: an operation as a user of the library writes one.
extension Tape {
    func square(_ x: Variable) -> Variable {
        let y = variable(rows: x.rows, columns: x.columns)
        Kernel.multiply(x.value, x.value, into: y.value, count: x.count)
        record(SquareOperation(x: x, y: y))
        return y
    }
}

private struct SquareOperation: Operation {
    let x: Variable
    let y: Variable

    var cost: OperationCost { .none }

    func backward(on tape: Tape) {
        for index in 0..<x.count { x.gradient[index] += 2 * x.value[index] * y.gradient[index] }
    }
}

/// `y = x * x` with a gradient that is right but for one element.
private struct WrongSquareOperation: Operation {
    let x: Variable
    let y: Variable
    let wrong: Int

    var cost: OperationCost { .none }

    func backward(on tape: Tape) {
        for index in 0..<x.count {
            x.gradient[index] += (index == wrong ? 2.1 : 2) * x.value[index] * y.gradient[index]
        }
    }
}

@Suite struct GradientCheckTests {
    private let layout = ParameterLayout()
    private let storage: ParameterStorage
    private let x: Parameter
    private let table: Parameter
    private let rows = Fixed<Int32>([2, 5, 2])

    init() {
        x = layout.root.matrix("layer.x", rows: 3, columns: 4, .normal(deviation: 1))
        table = layout.root.table("items", rows: 6, columns: 4, .normal(deviation: 1))
        storage = ParameterStorage(layout)
        storage.values.initialize(layout, seed: 3)
    }

    @Test func `a user's operation passes`() throws {
        let worst = try GradientCheck(storage).worstDeviation { tape in
            tape.square(tape.add(tape(x), tape.rows(rows.pointer, of: table, count: 3)))
        }
        #expect(worst.relative < GradientCheck.tolerance, "\(worst)")
    }

    @Test(arguments: [0, 6, 11]) func `one element that is wrong by a twentieth is found by name and element`(
        wrong: Int
    )
        throws
    {
        storage.values(x)[wrong] = 1.5
        let worst = try GradientCheck(storage).worstDeviation { tape in
            let x = tape(x)
            let y = tape.variable(rows: x.rows, columns: x.columns)
            Kernel.multiply(x.value, x.value, into: y.value, count: x.count)
            tape.record(WrongSquareOperation(x: x, y: y, wrong: wrong))
            return y
        }
        #expect(worst.parameter == "layer.x")
        #expect(worst.element?.row == wrong / 4 && worst.element?.column == wrong % 4, "\(worst)")
        #expect(worst.relative > 4 * GradientCheck.tolerance, "\(worst)")
    }

    @Test func `a value whose gradient nobody records is found`() throws {
        let worst = try GradientCheck(storage).worstDeviation { tape in
            let y = tape.variable(rows: x.rows, columns: x.columns)
            Kernel.multiply(storage.values(x), storage.values(x), into: y.value, count: x.count)
            return tape.add(y, tape.rows(rows.pointer, of: table, count: 3))
        }
        #expect(worst.parameter == "layer.x" && worst.relative == 1, "\(worst)")
        #expect(worst.recorded == 0)
    }

    @Test func `a loss that is not a number is infinitely wrong`() throws {
        let worst = try GradientCheck(storage).worstDeviation { tape in
            let y = tape.square(tape(x))
            y.value[1] = .nan
            return y
        }
        #expect(worst.relative == .infinity)
    }

    @Test func `the check leaves the values as they were`() throws {
        let before = bits(
            (0..<x.count).map { storage.values(x)[$0] } + (0..<table.count).map { storage.values(table)[$0] })
        _ = try GradientCheck(storage).worstDeviation { $0.square($0.rows(rows.pointer, of: table, count: 3)) }
        _ = try GradientCheck(storage).worstDeviation { $0.square($0(x)) }
        let after = bits(
            (0..<x.count).map { storage.values(x)[$0] } + (0..<table.count).map { storage.values(table)[$0] })
        #expect(before == after)
        #expect((0..<table.columns).allSatisfy { storage.values(table)[$0] == 0 })
    }
}
