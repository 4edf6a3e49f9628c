import Glibc
import KernelCore
import Testing

/// Label-aware attention against its formula in double precision.
@Suite struct LabelAwareAttentionTests {
    /// Users, and the softmax weights of their interests.
    private func attend(
        _ x: [Float], _ positive: [Float], interests: Int, power: Float, counts: [Int32]? = nil
    ) -> (users: [Float], weights: [Float]) {
        let columns = positive.count
        let count = x.count / columns / interests
        // The positive is row 1 of the table.
        let table = [Float](repeating: 0, count: columns) + positive
        let rows = [Int32](repeating: 1, count: 2 * count)
        let attention = LabelAwareAttention(
            InterestGroups(perUser: interests, counts: counts.map(Memory.copy)),
            positives: PositiveItems(Memory.copy(rows), stride: 2), table: Memory.copy(table), power: power, scale: 1)
        let kept = LabelAwareWeights(products: Memory.room(count * interests), weights: Memory.room(count * interests))
        var users = [Float](repeating: 0, count: count * columns)
        Kernel.labelAwareAttention(attention, MatrixView(x, columns: columns), keeping: kept, into: &users)
        return (users, (0..<count * interests).map { kept.weights[$0] })
    }

    private func expected(_ products: [Double], power: Double) -> [Double] {
        let raised = products.map { product in
            let size = pow(abs(product), power)
            return power.truncatingRemainder(dividingBy: 2) == 0 || product >= 0 ? size : -size
        }
        let sum = raised.reduce(0) { $0 + exp($1) }
        return raised.map { exp($0) / sum }
    }

    @Test(arguments: [0.5, 1, 2, 2.5, 3, 4] as [Float]) func `weights and users follow the formula`(power: Float) {
        let columns = 9
        var numbers = Numbers(4)
        let x = numbers.list(5 * 3 * columns, bound: 1)
        let positive = numbers.list(columns, bound: 1)
        let counts: [Int32] = [3, 1, 2, 3, 2]
        let (users, weights) = attend(x, positive, interests: 3, power: power, counts: counts)
        for sample in 0..<5 {
            let own = Int(counts[sample])
            let vectors = (0..<own).map { k in
                (0..<columns).map { Double(x[(sample * 3 + k) * columns + $0]) }
            }
            let products = vectors.map { zip($0, positive).reduce(0) { $0 + $1.0 * Double($1.1) } }
            let shares = expected(products, power: Double(power))
            let unused = [Double](repeating: 0, count: 3 - own)
            #expect(areClose(Array(weights[sample * 3..<sample * 3 + 3]), shares + unused, tolerance: 1e-5))
            let user = (0..<columns).map { column in zip(shares, vectors).reduce(0) { $0 + $1.0 * $1.1[column] } }
            #expect(areClose(Array(users[sample * columns..<(sample + 1) * columns]), user, tolerance: 1e-5))
        }
    }

    @Test func `an even power loses the sign, any other keeps it`() {
        // Products -2 and 1.
        for (power, order) in [(1, 1), (2, 0), (2.5, 1), (3, 1), (4, 0)] as [(Float, Int)] {
            let weights = attend([-2, 1], [1], interests: 2, power: power).weights
            #expect(weights[order] > weights[1 - order], "p \(power)")
        }
    }

    @Test func `powers beyond the largest number give weights all the same`() {
        let weights = attend([30, 20, -30], [1], interests: 3, power: 99).weights
        #expect(weights.allSatisfy { $0.isFinite })
        #expect(abs(weights.reduce(0, +) - 1) < 1e-6 && weights[2] == 0)
    }
}
