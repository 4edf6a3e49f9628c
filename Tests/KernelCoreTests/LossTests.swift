import Glibc
import KernelCore
import Testing

/// The losses against their formulas in double precision, with scores far apart.
@Suite struct LossTests {
    @Test(arguments: [1, 2, 5], [1, 30] as [Float]) func `ranking loss`(negatives: Int, bound: Float) {
        var numbers = Numbers(UInt64(negatives))
        let candidates = 1 + negatives
        let scores = numbers.list(6 * candidates, bound: bound)
        var posterior = [Float](repeating: .nan, count: 6 * negatives)
        let loss = Kernel.rankingLoss(MatrixView(scores, columns: candidates), posterior: &posterior)
        var expected = 0.0
        for sample in 0..<6 {
            let own = scores[sample * candidates..<(sample + 1) * candidates].map(Double.init)
            let powers = own.dropFirst().map { exp($0) }
            let total = powers.reduce(0, +)
            let terms = zip(own.dropFirst(), powers).map { $1 / total / (1 + exp($0 - own[0])) }
            expected -= log(terms.reduce(0, +))
            let share = terms.map { $0 / terms.reduce(0, +) }
            #expect(areClose(Array(posterior[sample * negatives..<(sample + 1) * negatives]), share, tolerance: 2e-5))
        }
        #expect(abs(Double(loss) - expected) <= 2e-5 * max(1, expected))
    }

    @Test func `the ranking loss stays finite where sigmoids vanish`() {
        var posterior: [Float] = [0, 0]
        let scores = MatrixView([-500, 500, 499], columns: 3)
        let loss = Kernel.rankingLoss(scores, posterior: &posterior)
        // -log((e^500 e^-1000 + e^499 e^-999) / (e^500 + e^499)) = 1000 - log 2 + log(1 + 1/e)
        #expect(abs(loss - 999.620) < 0.01)
        var gradients: [Float] = [0, 0, 0]
        Kernel.rankingLossBackward(scores, posterior: posterior, gradient: 2, dscores: &gradients)
        #expect(gradients.allSatisfy { $0.isFinite } && abs(gradients[0] + 2) < 1e-5)
        #expect(abs(gradients.reduce(0, +)) < 1e-5)
        #expect(Kernel.rankingLoss(MatrixView([500, -500, -500], columns: 3), posterior: &posterior) < 1e-6)
    }

    @Test func `one negative counts like the same one twice`() {
        var numbers = Numbers(4)
        for bound in [1, 30, 200] as [Float] {
            let (positive, negative) = (numbers.next(bound), numbers.next(bound))
            let (one, two) = (
                MatrixView([positive, negative], columns: 2), MatrixView([positive, negative, negative], columns: 3)
            )
            var (share, shares): ([Float], [Float]) = ([.nan], [.nan, .nan])
            let loss = Kernel.rankingLoss(one, posterior: &share)
            #expect(abs(loss - Kernel.rankingLoss(two, posterior: &shares)) <= 2e-5 * max(1, abs(loss)))
            #expect(share == [1] && shares == [0.5, 0.5])
            var (single, double): ([Float], [Float]) = ([0, 0], [0, 0, 0])
            Kernel.rankingLossBackward(one, posterior: share, gradient: 3, dscores: &single)
            Kernel.rankingLossBackward(two, posterior: shares, gradient: 3, dscores: &double)
            #expect(abs(single[0] - double[0]) <= 1e-6 && abs(single[1] - double[1] - double[2]) <= 1e-6)
        }
        for scores in [[.nan, 0], [0, .nan], [0, .infinity]] as [[Float]] {
            var share: [Float] = [0]
            #expect(Kernel.rankingLoss(MatrixView(scores, columns: 2), posterior: &share).isNaN)
        }
    }

    @Test(arguments: [0.1, 1, 4] as [Float]) func `distillation loss`(temperature: Float) {
        var numbers = Numbers(3)
        let target = numbers.list(5 * 4)
        let logits = numbers.list(5 * 4)
        var difference = [Float](repeating: .nan, count: 20)
        let loss = Kernel.distillationLoss(
            target: target, logits: MatrixView(logits, columns: 4), temperature: temperature, difference: &difference)
        let scale = Double(temperature)
        func softmax(_ x: ArraySlice<Float>) -> [Double] {
            let powers = x.map { exp(Double($0) / scale) }
            return powers.map { $0 / powers.reduce(0, +) }
        }
        var expected = 0.0
        for sample in 0..<5 {
            let t = softmax(target[sample * 4..<sample * 4 + 4])
            let p = softmax(logits[sample * 4..<sample * 4 + 4])
            expected += scale * scale * zip(t, p).reduce(0) { $0 + $1.0 * (log($1.0) - log($1.1)) }
            let gradients = zip(t, p).map { scale * ($1 - $0) }
            #expect(areClose(Array(difference[sample * 4..<sample * 4 + 4]), gradients, tolerance: 5e-6))
        }
        #expect(abs(Double(loss) - expected) <= 1e-5 * max(1, expected))
        #expect(
            abs(
                Kernel.distillationLoss(
                    target: target, logits: MatrixView(target, columns: 4), temperature: temperature,
                    difference: &difference)) < 1e-6)
    }
}
