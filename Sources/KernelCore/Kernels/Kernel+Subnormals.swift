internal import CVector

extension Kernel {
    /// Calls `body` while the calling thread takes subnormal numbers, those below 1.2e-38, for 0.
    ///
    /// Parameters and moments that no sample feeds any more, as those of rare items, decay towards 0 but never get there:
    /// nine tenths of the smallest subnormal number is the same number again. Processors are slow at arithmetic with such
    /// numbers, some of them a hundred times, and all steps of a training would meet them again. It is done on x86-64 and arm64;
    /// elsewhere `body` is called and nothing else.
    public static func flushingSubnormals<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let control = facet_float_control()
        facet_set_float_control(facet_flushing_subnormals(control))
        defer { facet_set_float_control(control) }
        return try body()
    }
}
