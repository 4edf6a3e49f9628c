/// What a computation has to do at least, whoever does it: its useful arithmetic, and the memory that it has to touch.
///
/// An addition, a multiplication, a division, a root and an elementary function count as one operation each, a product
/// of matrices `[m, k]` and `[k, n]` as `2 m n k`. What is computed a second time to save memory, or for nothing, does not
/// count. Every float that is read or written counts once, wherever it comes from, one that is added to twice.
public struct Work: BitwiseCopyable, Sendable, Equatable {
    /// Floating-point operations.
    public var operations: Int
    /// Bytes read and written.
    public var bytes: Int

    /// Work of so many operations and bytes.
    public init(operations: Int, bytes: Int) {
        self.operations = operations
        self.bytes = bytes
    }

    /// - Parameter floats: the number of floats read and written.
    public init(_ operations: Int, floats: Int) {
        self.init(operations: operations, bytes: floats * MemoryLayout<Float>.stride)
    }

    /// Nothing to do.
    public static let none = Work(operations: 0, bytes: 0)

    /// The work of both.
    public static func + (a: Work, b: Work) -> Work {
        Work(operations: a.operations + b.operations, bytes: a.bytes + b.bytes)
    }

    /// Adds the work of another computation.
    public static func += (a: inout Work, b: Work) { a = a + b }
}

/// The work of an operation on the tape, there and back.
public struct OperationCost: BitwiseCopyable, Sendable, Equatable {
    /// Of the forward pass.
    public var forward: Work
    /// Of the backward pass.
    public var backward: Work

    /// The work of both passes.
    public init(forward: Work, backward: Work) {
        self.forward = forward
        self.backward = backward
    }

    /// Of an operation that nobody measures.
    public static let none = OperationCost(forward: .none, backward: .none)
}
