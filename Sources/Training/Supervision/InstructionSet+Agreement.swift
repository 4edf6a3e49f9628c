import KernelCore

extension InstructionSet {
    /// Builds whose kernels give the same bits: sums have a fixed order, and each multiplication with an addition is
    /// rounded once.
    private static let alike: Set<String> = ["AVX-512", "AVX2"]

    /// Whether kernels that were built for `one` and for `other`, names as of `builtFor`, give the same bits.
    public static func agree(_ one: String, _ other: String) -> Bool {
        one == other || alike.isSuperset(of: [one, other])
    }
}
