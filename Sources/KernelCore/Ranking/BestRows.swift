/// The rows with the largest scores of each of several users, the best one first: a bounded selection that rows are
/// offered to one after another.
///
/// Of two rows with the same score the one with the smaller number is better, so that the order of the offers does not
/// matter. A score that is not a number counts as infinite, as it does when ``Kernel`` counts against the true item; a
/// score of minus infinity is never among the best.
public struct BestRows: BitwiseCopyable {
    /// Rows that are kept of each user, at least 1.
    public let size: Int
    /// `[users, size]`; ``none`` where fewer rows were offered.
    public let rows: UnsafeMutablePointer<Int32>
    /// `[users, size]`, falling; minus infinity where fewer rows were offered.
    public let scores: UnsafeMutablePointer<Float>

    /// Stands for no row; no row has it.
    public static var none: Int32 { .max }

    /// - Parameters:
    ///   - rows, scores: room for `[users, size]`, which is filled.
    public init(
        users: Int, size: Int, rows: UnsafeMutablePointer<Int32>, scores: UnsafeMutablePointer<Float>
    ) {
        self.size = size
        self.rows = rows
        self.scores = scores
        rows.update(repeating: Self.none, count: users * size)
        scores.update(repeating: -.infinity, count: users * size)
    }

    /// The score of the last row that is kept: one with a score below it need not be offered.
    @inline(__always)
    func threshold(_ user: Int) -> Float { scores[user * size + size - 1] }

    /// Keeps `row` if it is among the best of `user` so far. It must not have been offered before.
    ///
    /// - Complexity: linear in ``size``.
    @inline(__always)
    public func offer(_ row: Int32, score: Float, user: Int) {
        let key = score.isNaN ? Float.infinity : score
        let own = rows + user * size
        let keys = scores + user * size
        func isBetter(than index: Int) -> Bool { key > keys[index] || (key == keys[index] && row < own[index]) }
        guard key > -.infinity, isBetter(than: size - 1) else { return }
        var index = size - 1
        while index > 0, isBetter(than: index - 1) {
            keys[index] = keys[index - 1]
            own[index] = own[index - 1]
            index -= 1
        }
        keys[index] = key
        own[index] = row
    }
}
