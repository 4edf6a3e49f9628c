internal import COpenBLAS

/// What other kernels are measured against: the simplest pass over memory, and a matrix product by a library.
extension Kernel {
    /// `a = b + factor c`, the triad of the STREAM benchmark (McCalpin 1995): two streams are read, one is written.
    public static func triad(
        _ b: UnsafePointer<Float>, plus c: UnsafePointer<Float>, times factor: Float,
        into a: UnsafeMutablePointer<Float>, count: Int
    ) {
        let scale = Vector(repeating: factor)
        forEachVector(count) { index, lanes in
            store(load(c, index, lanes).multiplied(by: scale, adding: load(b, index, lanes)), a, index, lanes)
        }
    }

    /// `c = a b` by the `sgemm` of OpenBLAS, all `[size, size]`, on the calling thread. No model computes with it.
    public static func libraryProduct(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>, size: Int
    ) {
        facet_use_one_thread()
        cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(size), Int32(size), Int32(size), 1, a, Int32(size), b,
            Int32(size), 0, c, Int32(size))
    }
}
