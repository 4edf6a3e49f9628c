/// Counting for ranks of items. "Not below" rather than "at least": a score that is not a number counts against the
/// model.
extension Kernel {
    /// How many of `scores` `[count]` are not below `truth`.
    public static func countNotBelow(_ truth: Float, _ scores: UnsafePointer<Float>, _ count: Int) -> Int32 {
        var result: Int32 = 0
        for index in 0..<count { result += scores[index] < truth ? 0 : 1 }
        return result
    }

    /// Adds to `counts[b]` how many rows of `table` score not below `truths[b]`, where the score of a row is its
    /// largest inner product with the user's interests.
    ///
    /// - Parameters:
    ///   - truths, counts: `[count]`; interests: `[count, interestCount, columns]`.
    ///   - rows: the rows of `table` that take part.
    public static func countRowsNotBelow(
        _ truths: UnsafePointer<Float>, interests: UnsafePointer<Float>, interestCount: Int,
        table: UnsafePointer<Float>, rows: Range<Int>, count: Int, columns: Int,
        into counts: UnsafeMutablePointer<Int32>
    ) {
        // A block of rows stays in the second cache while all users of the batch pass by.
        let blockSize = 256
        withUnsafeTemporaryAllocation(of: Float.self, capacity: blockSize * interestCount) { buffer in
            let products = buffer.baseAddress!
            for start in stride(from: rows.lowerBound, to: rows.upperBound, by: blockSize) {
                let size = min(blockSize, rows.upperBound - start)
                for user in 0..<count {
                    SmallProducts.inner(
                        interests + user * interestCount * columns, columns, interestCount,
                        table + start * columns, columns, size, width: columns, scale: 1, into: products, size)
                    for interest in 1..<max(interestCount, 1) {
                        let other = products + interest * size
                        for row in 0..<size {
                            let keeps = other[row] <= products[row] || products[row].isNaN
                            products[row] = keeps ? products[row] : other[row]
                        }
                    }
                    counts[user] += countNotBelow(truths[user], products, size)
                }
            }
        }
    }
}
