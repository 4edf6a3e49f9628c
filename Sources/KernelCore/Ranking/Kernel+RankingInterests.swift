/// Measures of the interests of one user.
extension Kernel {
    /// The mean cosine over all pairs of interests, norms at least 1e-12.
    ///
    /// - Parameters:
    ///   - interests: `[K, d]`, at least two.
    ///   - sums: `[K (K - 1) / 2]`, to which the cosine of each pair is added, the pair of k and l < k at
    ///     `k (k - 1) / 2 + l`; nil: nobody wants them.
    public static func meanPairwiseCosine(
        _ interests: MatrixView, addingTo sums: UnsafeMutablePointer<Double>? = nil
    ) -> Float {
        let (interestCount, columns) = (interests.rows, interests.columns)
        var sum: Float = 0
        for first in 0..<interestCount {
            let x = interests.row(first)
            let norm = max(SmallProducts.dot(x, x, columns).squareRoot(), 1e-12)
            for second in 0..<first {
                let y = interests.row(second)
                let other = max(SmallProducts.dot(y, y, columns).squareRoot(), 1e-12)
                let cosine = SmallProducts.dot(x, y, columns) / (norm * other)
                sum += cosine
                if let sums { sums[first * (first - 1) / 2 + second] += Double(cosine) }
            }
        }
        return sum / Float(interestCount * (interestCount - 1) / 2)
    }
}
