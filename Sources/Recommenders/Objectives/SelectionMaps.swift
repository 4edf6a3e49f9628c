import Differentiation
import KernelCore

/// The linear maps of the selection `soft-linear` (BaM_l): `c_k = <L1 v_k + b1, L2 e+ + b2>` in 16 dimensions.
///
/// No gradient flows through a draw, and nothing else of the loss depends on the maps: they keep their initial values,
/// weights N(0, 2 / d) and biases 0. So they do in the models that the authors published, whose biases are exactly 0
/// and whose weights have the deviation `sqrt(2 / d)`, as far as 1,024 numbers tell.
struct SelectionMaps: Sendable {
    private let interests: (weight: Parameter, bias: Parameter)
    private let items: (weight: Parameter, bias: Parameter)

    /// d'.
    static let size = 16
    /// The first of the names of the parameters: `l1.weight`, `l1.bias`, `l2.weight`, `l2.bias`.
    static let firstName = "l1.weight"

    /// - Parameter size: d, of interests and items.
    init(size: Int, in scope: ParameterScope) {
        func register(_ name: String) -> (Parameter, Parameter) {
            let scope = scope.within(name)
            let deviation = (2 / Float(size)).squareRoot()
            return (
                scope.matrix(
                    "weight", rows: Self.size, columns: size, isFixed: true, .normal(deviation: deviation)),
                scope.vector("bias", count: Self.size, isFixed: true, .constant(0))
            )
        }
        interests = register("l1")
        items = register("l2")
    }

    /// d, of interests and items.
    var inputSize: Int { interests.weight.columns }

    /// `L1 v + b1` for `[count, d]`.
    func mapInterests(_ x: MatrixView, on tape: Tape) -> MatrixView {
        map(x, interests, on: tape)
    }

    /// `L2 e + b2` for `[count, d]`.
    func mapItems(_ x: MatrixView, on tape: Tape) -> MatrixView {
        map(x, items, on: tape)
    }

    private func map(
        _ x: MatrixView, _ layer: (weight: Parameter, bias: Parameter), on tape: Tape
    ) -> MatrixView {
        let y = tape.arena.allocate(Float.self, count: x.rows * Self.size)
        let weight = MatrixView(tape.parameters(layer.weight), rows: Self.size, columns: layer.weight.columns)
        Kernel.multiplyTransposed(x, weight, into: y, scratch: tape.arena)
        Kernel.addBias(tape.parameters(layer.bias), to: y, rows: x.rows, columns: Self.size)
        return MatrixView(y, rows: x.rows, columns: Self.size)
    }
}
