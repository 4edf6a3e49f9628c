import KernelCore

/// Users or items on the tape, as a mixture of logits takes them.
public struct MixtureVectors: BitwiseCopyable {
    /// `[rows, parts * m]`: the vectors of a user, or of an item, side by side.
    public let vectors: Variable
    /// `[rows, A B]`: what they bring to the gates.
    public let gates: Variable

    /// - Parameters:
    ///   - vectors: `[rows, parts * m]`, gates: `[rows, A B]`.
    public init(vectors: Variable, gates: Variable) {
        self.vectors = vectors
        self.gates = gates
    }

    /// Number of users or items.
    public var rows: Int { vectors.rows }
}

/// The parameters of a ``KernelCore/MixtureNetwork``: dense ones.
public struct MixtureNetworkParameters: BitwiseCopyable, Sendable {
    /// `[H, A B]`.
    public let first: Parameter
    /// `[H]`.
    public let bias: Parameter
    /// `[A B, H]`.
    public let second: Parameter

    /// - Parameters:
    ///   - first: `[H, A B]`, bias: `[H]`, second: `[A B, H]`.
    public init(first: Parameter, bias: Parameter, second: Parameter) {
        self.first = first
        self.bias = bias
        self.second = second
    }

    /// The values that they have.
    public func network(_ values: ParameterValues) -> MixtureNetwork {
        MixtureNetwork(first: values(first), bias: values(bias), second: values(second))
    }

    /// Where their gradients are added.
    func gradient(on tape: Tape) -> MixtureNetworkGradient {
        MixtureNetworkGradient(
            first: tape(first).gradient, bias: tape(bias).gradient, second: tape(second).gradient)
    }
}
