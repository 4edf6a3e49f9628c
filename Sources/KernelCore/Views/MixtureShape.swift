/// The sizes of a mixture of logits.
public struct MixtureShape: BitwiseCopyable, Sendable, Equatable {
    /// Vectors of a user, A.
    public let users: Int
    /// Vectors of an item, B.
    public let items: Int
    /// Floats of each of these vectors, m.
    public let size: Int
    /// Units of the network that gates by the logits, H.
    public let hidden: Int

    /// - Parameters:
    ///   - users, items: vectors of a user and of an item.
    ///   - size: floats of each of them.
    ///   - hidden: units of the network that gates by the logits.
    public init(users: Int, items: Int, size: Int, hidden: Int) {
        self.users = users
        self.items = items
        self.size = size
        self.hidden = hidden
    }

    /// Logits of a user and an item, A B: logit `a B + b` is the product of vector a of the user with vector b of the item.
    public var logits: Int { users * items }
}

/// The network of a mixture of logits that gates by the logits: `W2 SiLU(W1 l + b1)`.
public struct MixtureNetwork: BitwiseCopyable {
    /// W1, `[H, A B]`.
    public let first: UnsafePointer<Float>
    /// b1, `[H]`.
    public let bias: UnsafePointer<Float>
    /// W2, `[A B, H]`.
    public let second: UnsafePointer<Float>

    /// - Parameters:
    ///   - first: `[H, A B]`, bias: `[H]`, second: `[A B, H]`.
    public init(first: UnsafePointer<Float>, bias: UnsafePointer<Float>, second: UnsafePointer<Float>) {
        self.first = first
        self.bias = bias
        self.second = second
    }
}

/// The gradient of a ``MixtureNetwork``, which is added to.
public struct MixtureNetworkGradient: BitwiseCopyable {
    let first: UnsafeMutablePointer<Float>
    let bias: UnsafeMutablePointer<Float>
    let second: UnsafeMutablePointer<Float>

    /// - Parameters:
    ///   - first: `[H, A B]`, bias: `[H]`, second: `[A B, H]`.
    public init(
        first: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>, second: UnsafeMutablePointer<Float>
    ) {
        self.first = first
        self.bias = bias
        self.second = second
    }
}
