internal import CVector

/// Eight floats, the width of every hand-vectorised loop.
typealias Vector = SIMD8<Float>

extension Vector {
    /// Eight consecutive floats from any address.
    @inline(__always)
    init(_ pointer: UnsafePointer<Float>, _ index: Int) {
        self = UnsafeRawPointer(pointer + index).loadUnaligned(as: Vector.self)
    }

    /// The first `count` (below eight) floats, the others zero.
    @inline(__always)
    init(_ pointer: UnsafePointer<Float>, _ index: Int, first count: Int) {
        self = Vector(repeating: 0)
        for lane in 0..<count { self[lane] = pointer[index + lane] }
    }

    @inline(__always)
    func store(_ pointer: UnsafeMutablePointer<Float>, _ index: Int) {
        UnsafeMutableRawPointer(pointer + index).storeBytes(of: self, as: Vector.self)
    }

    @inline(__always)
    func store(_ pointer: UnsafeMutablePointer<Float>, _ index: Int, first count: Int) {
        for lane in 0..<count { pointer[index + lane] = self[lane] }
    }

    /// `self * x + y`, rounded once.
    @inline(__always)
    func multiplied(by x: Vector, adding y: Vector) -> Vector { facet_fma(self, x, y) }

    /// Sum of the lanes in a fixed order.
    @inline(__always)
    var total: Float { facet_sum(self) }
}

/// Runs `body` over `count` elements, eight at a time; the last call covers the remainder (`lanes` below eight).
@inline(__always)
func forEachVector(_ count: Int, _ body: (_ index: Int, _ lanes: Int) -> Void) {
    var index = 0
    while index + 8 <= count {
        body(index, 8)
        index += 8
    }
    if index < count { body(index, count - index) }
}

@inline(__always)
func load(_ pointer: UnsafePointer<Float>, _ index: Int, _ lanes: Int) -> Vector {
    lanes == 8 ? Vector(pointer, index) : Vector(pointer, index, first: lanes)
}

@inline(__always)
func store(_ value: Vector, _ pointer: UnsafeMutablePointer<Float>, _ index: Int, _ lanes: Int) {
    if lanes == 8 { value.store(pointer, index) } else { value.store(pointer, index, first: lanes) }
}
