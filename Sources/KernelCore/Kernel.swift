internal import CVector

/// The kernels: plain functions over memory. They know no model, no file and no rank, allocate nothing, and add to
/// gradients (`dx += ...`) so that several uses of one value need no extra pass.
///
/// Pointers are not checked here; shapes are checked where a kernel is called.
public enum Kernel {}

/// The instruction set that this binary's kernels were compiled for.
public enum InstructionSet {
    public static var builtFor: String { String(cString: facet_built_for()) }

    /// The largest one that this processor has, named as in ``builtFor``.
    public static var ofProcessor: String { String(cString: facet_processor_set()) }

    /// Whether this processor has every instruction that the kernels use. A binary built on a newer machine must
    /// find this out before its first kernel, or it dies of an illegal instruction.
    public static var isAvailable: Bool { facet_processor_suffices() != 0 }
}
