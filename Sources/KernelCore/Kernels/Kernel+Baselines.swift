internal import COpenBLAS

/// The kernels that OpenBLAS has chosen for this processor (`OPENBLAS_CORETYPE` chooses others).
public struct MatrixLibrary: Hashable, Sendable {
    /// The processor that they were written for, in the words of OpenBLAS: `Haswell`, `SkylakeX`, `Zen`.
    public let core: String

    public init(core: String) { self.core = core }

    /// Those of this process.
    public static var current: MatrixLibrary { MatrixLibrary(core: String(cString: facet_library_core())) }

    /// Whether they are for processors without the vectors that this program was built for: what OpenBLAS falls back on
    /// where it does not know a processor, and no measure of what the machine can do.
    public var isGeneric: Bool {
        #if arch(arm64)
        let older: Set<String> = ["armv8"]
        #else
        guard InstructionSet.builtFor.hasPrefix("AVX") else { return false }
        let older: Set<String> = [
            "prescott", "katmai", "coppermine", "northwood", "banias", "core2", "penryn", "dunnington", "nehalem",
            "athlon", "opteron", "opteron_sse3", "barcelona", "bobcat", "atom", "nano", "sandybridge",
        ]
        #endif
        return older.union(["generic", "unknown"]).contains(core.lowercased())
    }
}

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
