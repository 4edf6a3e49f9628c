internal import CVector

/// Rows of a table, packed so that a vector holds one column of eight of them, and their products with other rows.
///
///     <a, b> = fma(a_d, b_d, ... fma(a_2, b_2, fma(a_1, b_1, 0)))
///
/// The additions of a product follow the columns, one after another. So its bits depend on the two rows alone: not on
/// the panel, the place in it, or what is computed beside it.
enum RankingPanel {
    /// Rows of the table in a panel. Twelve sums of eight lanes hide the latency of the additions and leave room, in
    /// sixteen registers, for what is multiplied.
    static let width = 24
    /// Rows that are multiplied with a panel at once.
    static let height = 4

    /// `panel[column, row] = table[start + row, column]`, zero from `count` rows on.
    static func pack(
        _ table: UnsafePointer<Float>, start: Int, count: Int, columns: Int, into panel: UnsafeMutablePointer<Float>
    ) {
        if count < width { panel.update(repeating: 0, count: width * columns) }
        for row in 0..<count {
            let source = table + (start + row) * columns
            for column in 0..<columns { panel[column * width + row] = source[column] }
        }
    }

    /// `products[i, j] = <a_i, b_j>` for four rows and the rows of a panel.
    @inline(__always)
    static func multiply(
        _ a0: UnsafePointer<Float>, _ a1: UnsafePointer<Float>, _ a2: UnsafePointer<Float>,
        _ a3: UnsafePointer<Float>, _ panel: UnsafePointer<Float>, columns: Int,
        into products: UnsafeMutablePointer<Float>
    ) {
        let zero = Vector(repeating: 0)
        var (s00, s01, s02) = (zero, zero, zero)
        var (s10, s11, s12) = (zero, zero, zero)
        var (s20, s21, s22) = (zero, zero, zero)
        var (s30, s31, s32) = (zero, zero, zero)
        var b = panel
        for column in 0..<columns {
            let b0 = Vector(b, 0)
            let b1 = Vector(b, 8)
            let b2 = Vector(b, 16)
            let x0 = Vector(repeating: a0[column])
            s00 = x0.multiplied(by: b0, adding: s00)
            s01 = x0.multiplied(by: b1, adding: s01)
            s02 = x0.multiplied(by: b2, adding: s02)
            let x1 = Vector(repeating: a1[column])
            s10 = x1.multiplied(by: b0, adding: s10)
            s11 = x1.multiplied(by: b1, adding: s11)
            s12 = x1.multiplied(by: b2, adding: s12)
            let x2 = Vector(repeating: a2[column])
            s20 = x2.multiplied(by: b0, adding: s20)
            s21 = x2.multiplied(by: b1, adding: s21)
            s22 = x2.multiplied(by: b2, adding: s22)
            let x3 = Vector(repeating: a3[column])
            s30 = x3.multiplied(by: b0, adding: s30)
            s31 = x3.multiplied(by: b1, adding: s31)
            s32 = x3.multiplied(by: b2, adding: s32)
            b += width
        }
        let (p1, p2, p3) = (products + width, products + 2 * width, products + 3 * width)
        s00.store(products, 0)
        s01.store(products, 8)
        s02.store(products, 16)
        s10.store(p1, 0)
        s11.store(p1, 8)
        s12.store(p1, 16)
        s20.store(p2, 0)
        s21.store(p2, 8)
        s22.store(p2, 16)
        s30.store(p3, 0)
        s31.store(p3, 8)
        s32.store(p3, 16)
    }

    /// `<a, b>` with the bits that a panel gives it.
    @inline(__always)
    static func product(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, columns: Int) -> Float {
        var sum: Float = 0
        for column in 0..<columns { sum.addProduct(a[column], b[column]) }
        return sum
    }
}
