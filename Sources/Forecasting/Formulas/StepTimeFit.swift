/// Seconds that a rank computes in a step: `perStep + shards (perShard + perSample samples)`.
///
/// A step has work that its mini-batches share (negatives of all), each mini-batch has some of its own, and each sample.
public struct StepTimeFit: Sendable, Equatable {
    /// Seconds of what the mini-batches of a step share.
    public let perStep: Double
    /// Seconds of a mini-batch without its samples.
    public let perShard: Double
    /// Seconds of a sample.
    public let perSample: Double

    /// A rank's step that was measured.
    public struct Point: Sendable, Equatable {
        /// Mini-batches of the rank.
        public let shards: Int
        /// Samples of a mini-batch, the mean.
        public let samples: Double
        /// Seconds, from the drawing of the samples to the gradients.
        public let seconds: Double

        /// A measurement.
        public init(shards: Int, samples: Double, seconds: Double) {
            self.shards = shards
            self.samples = samples
            self.seconds = seconds
        }
    }

    /// What is known already.
    public init(perStep: Double, perShard: Double, perSample: Double) {
        self.perStep = perStep
        self.perShard = perShard
        self.perSample = perSample
    }

    /// The least squares of the relative errors; no part becomes negative: one that would is left out.
    ///
    /// - Parameter points: at least one.
    public init(_ points: [Point]) {
        var isUsed = [true, true, true]
        while true {
            let parts = Self.leastSquares(points, isUsed)
            guard
                let negative = parts.indices.filter({ isUsed[$0] && parts[$0] < 0 }).min(by: { parts[$0] < parts[$1] })
            else {
                self.init(perStep: parts[0], perShard: parts[1], perSample: parts[2])
                return
            }
            isUsed[negative] = false
        }
    }

    /// Seconds of a step.
    public func seconds(shards: Double, samples: Double) -> Double {
        perStep + shards * (perShard + perSample * samples)
    }

    private static func leastSquares(_ points: [Point], _ isUsed: [Bool]) -> [Double] {
        let used = isUsed.indices.filter { isUsed[$0] }
        var matrix = used.map { _ in [Double](repeating: 0, count: used.count + 1) }
        for point in points where point.seconds > 0 {
            let all = [1, Double(point.shards), Double(point.shards) * point.samples].map { $0 / point.seconds }
            for (row, i) in used.enumerated() {
                for (column, j) in used.enumerated() { matrix[row][column] += all[i] * all[j] }
                matrix[row][used.count] += all[i]
            }
        }
        var result = [0.0, 0, 0]
        for (index, value) in zip(used, solve(&matrix)) { result[index] = value }
        return result
    }

    /// Gauss with the largest pivot; a part that nothing depends on is 0.
    private static func solve(_ matrix: inout [[Double]]) -> [Double] {
        let count = matrix.count
        let scale = matrix.indices.map { matrix[$0][$0] }
        var rest = Array(0..<count)
        var order: [(row: Int, column: Int)] = []
        for column in 0..<count {
            guard let pivot = rest.max(by: { abs(matrix[$0][column]) < abs(matrix[$1][column]) }),
                abs(matrix[pivot][column]) > 1e-10 * scale[column]
            else { continue }
            rest.removeAll { $0 == pivot }
            order.append((pivot, column))
            for row in 0..<count where row != pivot {
                let factor = matrix[row][column] / matrix[pivot][column]
                for index in 0...count { matrix[row][index] -= factor * matrix[pivot][index] }
            }
        }
        var result = [Double](repeating: 0, count: count)
        for (row, column) in order { result[column] = matrix[row][count] / matrix[row][column] }
        return result
    }
}
