internal import CVector

/// Sixteen floats, the width of every hand-vectorised loop: a register of AVX-512, two of AVX2. The width is the same
/// everywhere, so it is no reason for other bits. Its elements are the SIMD lanes, called lanes in all kernels.
typealias Vector = SIMD16<Float>

extension Vector {
    /// Sixteen consecutive floats from any address.
    @inline(__always)
    init(_ pointer: UnsafePointer<Float>, _ index: Int) {
        self = UnsafeRawPointer(pointer + index).loadUnaligned(as: Vector.self)
    }

    /// The first `count` (0...16) floats, the other lanes `rest`.
    @inline(__always)
    init(_ pointer: UnsafePointer<Float>, _ index: Int, first count: Int, rest: Float = 0) {
        self = facet_load_first(pointer + index, count, Vector(repeating: rest))
    }

    @inline(__always)
    func store(_ pointer: UnsafeMutablePointer<Float>, _ index: Int) {
        UnsafeMutableRawPointer(pointer + index).storeBytes(of: self, as: Vector.self)
    }

    @inline(__always)
    func store(_ pointer: UnsafeMutablePointer<Float>, _ index: Int, first count: Int) {
        facet_store_first(pointer + index, self, count)
    }

    /// `self * x + y`, rounded once.
    @inline(__always)
    func multiplied(by x: Vector, adding y: Vector) -> Vector { facet_fma(self, x, y) }

    /// Sum of the lanes in a fixed order.
    @inline(__always)
    var total: Float { facet_sum(self) }
}

/// Runs `body` over `count` elements, sixteen at a time. `lanes` is the number of SIMD lanes in use: sixteen but for the
/// remainder in the last call.
@inline(__always)
func forEachVector(_ count: Int, _ body: (_ index: Int, _ lanes: Int) -> Void) {
    var index = 0
    while index + Vector.scalarCount <= count {
        body(index, Vector.scalarCount)
        index += Vector.scalarCount
    }
    if index < count { body(index, count - index) }
}

@inline(__always)
func load(_ pointer: UnsafePointer<Float>, _ index: Int, _ lanes: Int, rest: Float = 0) -> Vector {
    lanes == Vector.scalarCount ? Vector(pointer, index) : Vector(pointer, index, first: lanes, rest: rest)
}

@inline(__always)
func store(_ value: Vector, _ pointer: UnsafeMutablePointer<Float>, _ index: Int, _ lanes: Int) {
    if lanes == Vector.scalarCount { value.store(pointer, index) } else { value.store(pointer, index, first: lanes) }
}
