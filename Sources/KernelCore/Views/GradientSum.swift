/// Where a backward pass puts a gradient: it is added to what is there, or written where nothing is there yet. Spares
/// the zeros, and reading them.
public struct GradientSum: BitwiseCopyable {
    /// The first number.
    public let start: UnsafeMutablePointer<Float>
    /// Whether something has been added already.
    public let hasTerms: Bool

    /// - Parameters:
    ///   - start: memory of the gradient, which need hold nothing where there are no terms yet.
    ///   - hasTerms: whether it holds a gradient that is to be added to.
    public init(_ start: UnsafeMutablePointer<Float>, hasTerms: Bool = true) {
        self.start = start
        self.hasTerms = hasTerms
    }

    /// Adds numbers from `index` on, in the first `lanes` lanes.
    @inline(__always)
    func add(_ terms: Vector, _ index: Int, _ lanes: Int) {
        store(hasTerms ? load(start, index, lanes) + terms : terms, start, index, lanes)
    }

    /// Adds products, each with the sum rounded once, from `index` on, in the first `lanes` lanes.
    @inline(__always)
    func add(_ x: Vector, times y: Vector, _ index: Int, _ lanes: Int) {
        store(hasTerms ? x.multiplied(by: y, adding: load(start, index, lanes)) : x * y, start, index, lanes)
    }
}
