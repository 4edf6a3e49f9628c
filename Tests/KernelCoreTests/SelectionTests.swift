import Glibc
import KernelCore
import Testing

/// Drawing interests and items: the frequencies of many draws against their probabilities.
@Suite struct SelectionTests {
    private static let draws = 40_000

    /// Whether `count` of ``draws`` is within five standard deviations of `probability`.
    private func isLikely(_ count: Int, _ probability: Double) -> Bool {
        let expected = probability * Double(Self.draws)
        return abs(Double(count) - expected) <= 5 * (expected * (1 - probability)).squareRoot() + 1e-9
    }

    private func draw(
        _ logits: [Float], temperature: Float, own: Int32? = nil, seed: UInt64 = 1, iteration: UInt32 = 2
    ) -> [Int32] {
        let all = (0..<Self.draws).flatMap { _ in logits }
        let samples = (0..<UInt32(Self.draws)).map { $0 }
        let counts = own.map { Memory.copy([Int32](repeating: $0, count: Self.draws)) }
        var choice = [Int32](repeating: -1, count: Self.draws)
        Kernel.drawInterests(
            all, count: Self.draws, of: InterestGroups(perUser: logits.count, counts: counts),
            temperature: temperature, from: RandomStreams(seed: seed, purpose: .selection, iteration: iteration),
            sampleNames: samples, into: &choice)
        return choice
    }

    @Test(arguments: [0.2, 1, 3] as [Float]) func `interests are drawn by the softmax of the temperature`(
        temperature: Float
    ) {
        let logits: [Float] = [0.3, -1, 1.2, 0.9]
        let choice = draw(logits, temperature: temperature)
        let powers = logits.map { exp(Double(temperature * $0)) }
        for (k, power) in powers.enumerated() {
            #expect(isLikely(choice.count { $0 == Int32(k) }, power / powers.reduce(0, +)), "interest \(k)")
        }
    }

    @Test func `interests beyond those of a sample are not drawn`() {
        let choice = draw([0, 0, 5], temperature: 1, own: 2)
        #expect(choice.allSatisfy { $0 == 0 || $0 == 1 })
        #expect(isLikely(choice.count { $0 == 0 }, 0.5))
    }

    @Test func `a draw is named by seed, step and sample, and extreme logits do no harm`() {
        let logits: [Float] = [0.1, 0.2]
        #expect(draw(logits, temperature: 1) == draw(logits, temperature: 1))
        #expect(draw(logits, temperature: 1) != draw(logits, temperature: 1, seed: 2))
        #expect(draw(logits, temperature: 1) != draw(logits, temperature: 1, iteration: 3))
        #expect(draw([-1e30, 1e30, 0], temperature: 10).allSatisfy { $0 == 1 })
    }

    @Test func `uniform items come alike, log-uniform ones by rank`() {
        let itemCount = 7
        // Rank 0 is item 7.
        let order = (0..<itemCount).map { Int32(itemCount - $0) }
        order.withUnsafeBufferPointer { order in
            for isByRank in [false, true] {
                let distribution = NegativeDistribution(
                    itemCount: itemCount, byRank: isByRank ? order.baseAddress : nil)
                var stream = RandomStream(seed: 4, purpose: .sampledNegatives, iteration: 1, element: 0)
                var items = [Int32](repeating: 0, count: Self.draws)
                Kernel.sampleNegatives(Self.draws, from: distribution, with: &stream, into: &items)
                for item in 1...itemCount {
                    let rank = Double(itemCount - item)
                    let probability =
                        isByRank
                        ? log((rank + 2) / (rank + 1)) / log(Double(itemCount + 1)) : 1 / Double(itemCount)
                    #expect(isLikely(items.count { $0 == Int32(item) }, probability), "item \(item), \(isByRank)")
                }
                #expect(items.allSatisfy { (1...Int32(itemCount)).contains($0) })
            }
        }
    }
}
