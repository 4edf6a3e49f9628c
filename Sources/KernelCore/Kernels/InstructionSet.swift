internal import CVector

/// The instruction set that this binary's kernels were compiled for.
public enum InstructionSet {
    /// Its name, such as `AVX-512`.
    public static var builtFor: String { String(cString: facet_built_for()) }

    /// The largest one that this processor has, named as in ``builtFor``.
    public static var ofProcessor: String { String(cString: facet_processor_set()) }

    /// Whether this processor has every instruction that the kernels use. A binary built on a newer machine must
    /// find this out before its first kernel, or it dies of an illegal instruction.
    public static var isAvailable: Bool { facet_processor_suffices() != 0 }
}
