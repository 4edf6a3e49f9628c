internal import CVector

/// Rows of a table, packed so that a vector holds one column of many of them, and their products with other rows.
///
///     <a, b> = fma(a_d, b_d, ... fma(a_2, b_2, fma(a_1, b_1, 0)))
///
/// The additions of a product follow the columns, one after another. So its bits depend on the two rows alone: not on
/// the panel, the place in it, or what is computed beside it.
enum RankingPanel {
    /// Rows of the table in a panel: a bit each of a word.
    static let width = 32
    /// Users that are ranked at once: they fill the blocks of a product whatever their number of interests is.
    static let height = 12

    /// `panel[column, row] = table[start + row, column]`, zero from `count` rows on.
    static func pack(
        _ table: UnsafePointer<Float>, start: Int, count: Int, columns: Int, into panel: UnsafeMutablePointer<Float>
    ) {
        guard count < width else { return facet_transpose(table + start * columns, width, columns, panel) }
        panel.update(repeating: 0, count: width * columns)
        for row in 0..<count {
            let source = table + (start + row) * columns
            for column in 0..<columns { panel[column * width + row] = source[column] }
        }
    }

    /// `products[i, j] = <a_i, b_j>` for `rows` rows `a` and the rows of a panel.
    @inline(__always)
    static func multiply(
        _ a: UnsafePointer<Float>, rows: Int, _ panel: UnsafePointer<Float>, columns: Int,
        into products: UnsafeMutablePointer<Float>
    ) {
        facet_product(
            facet_left(values: a, row: columns, column: 1), panel, width, products, width, rows, width, columns, 0)
    }

    /// The length of a row. Not less than it is by more than a rounding, also where squares would be too small for 32 bits.
    static func norm(_ values: UnsafePointer<Float>, columns: Int) -> Float {
        var sum = 0.0
        for column in 0..<columns { sum.addProduct(Double(values[column]), Double(values[column])) }
        return Float(sum.squareRoot())
    }

    /// How much larger than the product of both lengths a product of rows can come out by its roundings.
    static func excess(columns: Int) -> Float { 1 + Float(columns + 8) * Float.ulpOfOne }

    /// `<a, b>` with the bits that a panel gives it.
    @inline(__always)
    static func product(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, columns: Int) -> Float {
        var sum: Float = 0
        for column in 0..<columns { sum.addProduct(a[column], b[column]) }
        return sum
    }
}
