internal import CVector

/// What other kernels are measured against in arithmetic, as ``triad(_:plus:times:into:count:)`` is for memory.
extension Kernel {
    /// Operations of a round of ``multiplyInRegisters(rounds:factor:term:)``.
    public static var operationsOfRound: Int { facet_limit_operations() }

    /// Fused multiplications and additions on as many registers as a product keeps its sums in, without a look at memory:
    /// nothing that computes with these vectors is faster.
    ///
    /// - Parameters:
    ///   - factor, term: `s = s * factor + term` in every lane.
    /// - Returns: a number that depends on all of them.
    public static func multiplyInRegisters(rounds: Int, factor: Float, term: Float) -> Float {
        facet_limit(rounds, factor, term)
    }
}
