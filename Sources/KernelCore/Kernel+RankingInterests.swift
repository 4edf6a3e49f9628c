/// Measures of the interests of one user.
extension Kernel {
    /// The mean cosine over all pairs of interests, norms at least 1e-12.
    ///
    /// - Parameters:
    ///   - interests: `[interestCount, columns]`, at least two.
    public static func meanPairwiseCosine(
        _ interests: UnsafePointer<Float>, interestCount: Int, columns: Int
    ) -> Float {
        var sum: Float = 0
        for first in 0..<interestCount {
            let x = interests + first * columns
            let norm = max(SmallProducts.dot(x, x, columns).squareRoot(), 1e-12)
            for second in 0..<first {
                let y = interests + second * columns
                let other = max(SmallProducts.dot(y, y, columns).squareRoot(), 1e-12)
                sum += SmallProducts.dot(x, y, columns) / (norm * other)
            }
        }
        return sum / Float(interestCount * (interestCount - 1) / 2)
    }
}
