/// What other kernels are measured against: the simplest pass over memory.
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
}
