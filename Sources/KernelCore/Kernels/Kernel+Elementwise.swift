internal import CVector

extension Kernel {
    /// Asks for `count` elements that will be read soon. Changes nothing else.
    @inlinable
    public static func prefetch<Element: BitwiseCopyable>(_ x: UnsafePointer<Element>, count: Int) {
        prefetch(UnsafeRawPointer(x), bytes: count * MemoryLayout<Element>.stride)
    }

    @usableFromInline
    static func prefetch(_ start: UnsafeRawPointer, bytes: Int) { facet_prefetch(start, bytes) }

    /// `y[i] = a[i] + b[i]`.
    public static func add(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int
    ) {
        forEachVector(count) { index, lanes in
            store(load(a, index, lanes) + load(b, index, lanes), y, index, lanes)
        }
    }

    /// `y[i] = a + b[i]`.
    public static func add(
        _ a: Float, to b: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int
    ) {
        let term = Vector(repeating: a)
        forEachVector(count) { index, lanes in store(load(b, index, lanes) + term, y, index, lanes) }
    }

    /// `y[i] *= factor`.
    public static func scale(_ y: UnsafeMutablePointer<Float>, by factor: Float, count: Int) {
        let factor = Vector(repeating: factor)
        forEachVector(count) { index, lanes in store(load(y, index, lanes) * factor, y, index, lanes) }
    }

    /// `sum_i x[i]`, in a fixed order.
    public static func sum(_ x: UnsafePointer<Float>, count: Int) -> Float {
        var sum = Vector(repeating: 0)
        forEachVector(count) { index, lanes in sum += load(x, index, lanes) }
        return sum.total
    }

    /// `y[i] = a[i] * b[i]`.
    public static func multiply(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int
    ) {
        forEachVector(count) { index, lanes in
            store(load(a, index, lanes) * load(b, index, lanes), y, index, lanes)
        }
    }

    /// Adds `a[i] * b[i]`.
    public static func addProduct(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into sum: GradientSum, count: Int
    ) {
        forEachVector(count) { index, lanes in
            sum.add(load(a, index, lanes), times: load(b, index, lanes), index, lanes)
        }
    }

    /// The sums of each row of `x` with each row of `z`: `y_(i n + k) = x_i + z_k`.
    ///
    /// - Parameters:
    ///   - x: `[m, columns]`, z: `[n, columns]`, `y`: `[m n, columns]`.
    public static func outerSum(_ x: MatrixView, _ z: MatrixView, into y: UnsafeMutablePointer<Float>) {
        for i in 0..<x.rows {
            for k in 0..<z.rows { add(x.row(i), z.row(k), into: y + (i * z.rows + k) * x.columns, count: x.columns) }
        }
    }

    /// Adds the derivative of ``outerSum(_:_:into:)``: `dx_i += sum_k dy_(i n + k)`, `dz_k += sum_i dy_(i n + k)`.
    ///
    /// - Parameter count: rows of `dz`, n.
    public static func outerSumBackward(
        dy: MatrixView, count: Int, dx: UnsafeMutablePointer<Float>, dz: UnsafeMutablePointer<Float>
    ) {
        let columns = dy.columns
        for row in 0..<dy.rows {
            accumulate(dy.row(row), into: dx + row / count * columns, count: columns)
            accumulate(dy.row(row), into: dz + row % count * columns, count: columns)
        }
    }

    /// `y[i] += x[i]`.
    public static func accumulate(_ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int) {
        add(y, x, into: y, count: count)
    }

    /// Adds `x[i]` to the sum, or copies it where nothing is there yet.
    public static func accumulate(_ x: UnsafePointer<Float>, into sum: GradientSum, count: Int) {
        guard sum.hasTerms else { return sum.start.update(from: x, count: count) }
        accumulate(x, into: sum.start, count: count)
    }

    /// `y[i] += factor * x[i]`.
    public static func accumulate(
        _ x: UnsafePointer<Float>, times factor: Float, into y: UnsafeMutablePointer<Float>, count: Int
    ) {
        SmallProducts.add(x, times: factor, to: y, count)
    }

    /// `y[i] += share * (x[i] - y[i])`.
    public static func approach(
        _ x: UnsafePointer<Float>, by share: Float, _ y: UnsafeMutablePointer<Float>, count: Int
    ) {
        let share = Vector(repeating: share)
        forEachVector(count) { index, lanes in
            let old = load(y, index, lanes)
            store(share.multiplied(by: load(x, index, lanes) - old, adding: old), y, index, lanes)
        }
    }

    /// `sum_i a[i] b[i]`.
    public static func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int) -> Float {
        SmallProducts.dot(a, b, count)
    }

    /// `y[i] = max(0, x[i])`; not a number for what is none.
    public static func relu(_ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int) {
        forEachVector(count) { index, lanes in
            let value = load(x, index, lanes)
            store(facet_where_not_below(value, 0, value), y, index, lanes)
        }
    }

    /// `dx[i] += dy[i]` where `y[i] > 0`, the derivative of ``relu(_:into:count:)``.
    public static func reluBackward(
        y: UnsafePointer<Float>, dy: UnsafePointer<Float>, dx: GradientSum, count: Int
    ) {
        forEachVector(count) { index, lanes in
            dx.add(facet_where_positive(load(y, index, lanes), load(dy, index, lanes)), index, lanes)
        }
    }

    /// Adds the row `bias` to every row of `y` `[rows, columns]`.
    public static func addBias(
        _ bias: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, rows: Int, columns: Int
    ) {
        for row in 0..<rows { accumulate(bias, into: y + row * columns, count: columns) }
    }

    /// Adds the sum of the rows of `dy` to `dbias`.
    public static func addBiasBackward(dy: MatrixView, dbias: UnsafeMutablePointer<Float>) {
        for row in 0..<dy.rows { accumulate(dy.row(row), into: dbias, count: dy.columns) }
    }

    /// `y[i] = 0`.
    public static func clear(_ y: UnsafeMutablePointer<Float>, count: Int) {
        UnsafeMutableRawPointer(y).initializeMemory(
            as: UInt8.self, repeating: 0, count: count * MemoryLayout<Float>.stride)
    }
}
