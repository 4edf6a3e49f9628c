import Glibc

/// OpenBLAS, whose matrix product the benchmark compares with. It is looked for when a benchmark runs: no program and no
/// library of this package needs it otherwise.
public struct MatrixLibrary: @unchecked Sendable {
    private typealias Product =
        @convention(c) (
            CInt, CInt, CInt, CInt, CInt, CInt, Float, UnsafePointer<Float>, CInt, UnsafePointer<Float>, CInt, Float,
            UnsafeMutablePointer<Float>, CInt
        ) -> Void

    /// The name that Debian, Fedora and others give the library of any version that has this interface.
    public static let fileName = "libopenblas.so.0"

    /// The processor that its kernels were written for, in the words of OpenBLAS: `Haswell`, `SkylakeX`, `Zen`.
    /// `OPENBLAS_CORETYPE` chooses others than it would take itself.
    public let core: String
    private let product: Product
    /// Rows by rows, from `cblas.h`.
    private static let rowMajor: CInt = 101
    private static let notTransposed: CInt = 111

    /// The library of this process, set to one thread: every rank computes on one core, and threads inside of a product
    /// would fight with the other ranks for theirs. nil where it is not installed.
    public static let current: MatrixLibrary? = {
        guard let library = dlopen(fileName, RTLD_NOW | RTLD_LOCAL), let product = dlsym(library, "cblas_sgemm"),
            let setThreads = dlsym(library, "openblas_set_num_threads"),
            let core = dlsym(library, "openblas_get_corename")
        else { return nil }
        unsafeBitCast(setThreads, to: (@convention(c) (CInt) -> Void).self)(1)
        let name = unsafeBitCast(core, to: (@convention(c) () -> UnsafePointer<CChar>?).self)()
        return MatrixLibrary(
            core: name.map { String(cString: $0) } ?? "unknown",
            product: unsafeBitCast(product, to: Product.self))
    }()

    /// `c = a b` by the `sgemm` of OpenBLAS, all `[size, size]`, on the calling thread.
    public func multiply(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>, size: Int
    ) {
        let size = CInt(size)
        product(
            Self.rowMajor, Self.notTransposed, Self.notTransposed, size, size, size, 1, a, size, b, size, 0, c, size)
    }
}
