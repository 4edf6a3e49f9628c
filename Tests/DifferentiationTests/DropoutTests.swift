import Differentiation
import KernelCore
import Testing

/// Masks are named by (seed, step, sample, site, position within the sample), and by nothing else.
@Suite struct DropoutTests {
    private let columns = 13

    /// The output of dropout over ones: one list of numbers a sample.
    private func masks(
        _ samples: [UInt32], lengths: [Int]? = nil, rate: Float = 0.3, seed: UInt64 = 1, step: UInt32 = 5,
        earlierSites: Int = 0
    ) -> [UInt32: [Float]] {
        let storage = ParameterStorage(ParameterLayout())
        let tape = Tape(parameters: storage.values)
        let names = Fixed(samples)
        let packed = PackedHistories(lengths ?? samples.map { _ in 1 })
        tape.begin(.training(sampleNames: names.pointer, seed: seed, step: step))
        func ones() -> Variable {
            let x = tape.variable(rows: packed.sequences.total, columns: columns)
            for index in 0..<x.count { x.value[index] = 1 }
            return x
        }
        for _ in 0..<earlierSites { _ = tape.dropout(ones(), rate: rate, over: packed.sequences) }
        let y = tape.dropout(ones(), rate: rate, over: lengths == nil ? nil : packed.sequences)
        var result: [UInt32: [Float]] = [:]
        for (index, sample) in samples.enumerated() {
            let first = packed.sequences.start(index) * columns
            result[sample] = (0..<packed.sequences.length(index) * columns).map { y.value[first + $0] }
        }
        return result
    }

    @Test func `a sample has the same mask in every mini-batch`() {
        let lengths: [UInt32: Int] = [7: 3, 90: 1, 4: 8, 1_000_000: 2, 5: 4]
        func over(_ samples: [UInt32]) -> [UInt32: [Float]] { masks(samples, lengths: samples.map { lengths[$0]! }) }
        let together = over([7, 90, 4, 1_000_000, 5])
        for group in [[5, 4], [90], [1_000_000, 7], [4, 5, 90, 7]] as [[UInt32]] {
            for (sample, mask) in over(group) { #expect(mask == together[sample]) }
        }
        let rows = masks([7, 90, 4])
        #expect(masks([4])[4] == rows[4] && masks([90, 7])[7] == rows[7])
    }

    @Test func `a longer history keeps the mask of its positions`() {
        let short = masks([7], lengths: [3])[7]!
        let long = masks([7], lengths: [9])[7]!
        #expect(Array(long[..<(3 * columns)]) == short)
    }

    @Test func `seed, step, sample and site each give another mask`() {
        func mask(_ sample: UInt32 = 3, seed: UInt64 = 1, step: UInt32 = 5, sites: Int = 0) -> [Float] {
            masks([sample], lengths: [40], seed: seed, step: step, earlierSites: sites)[sample]!
        }
        let all = [
            mask(), mask(4), mask(seed: 2), mask(seed: 1 | 1 << 40), mask(step: 6), mask(sites: 1), mask(sites: 2),
        ]
        #expect(mask() == mask())
        for (index, one) in all.enumerated() {
            for other in all[(index + 1)...] {
                // Independent masks agree with probability 0.7^2 + 0.3^2 = 0.58; five standard deviations are 0.11.
                let agreeing = zip(one, other).count { $0 == $1 }
                #expect(abs(Double(agreeing) / Double(one.count) - 0.58) < 0.11)
            }
        }
    }

    @Test(arguments: [0.1, 0.5, 0.8] as [Float]) func `as many values are dropped as the rate says`(rate: Float) {
        let count = 400 * 40 * columns
        let values = masks((0..<400).map(UInt32.init), lengths: [Int](repeating: 40, count: 400), rate: rate).values
            .flatMap { $0 }
        #expect(values.count == count)
        let keep = 1 / (1 - rate)
        #expect(values.allSatisfy { $0 == 0 || $0 == keep })
        let dropped = Double(values.count { $0 == 0 })
        let deviation = (Double(count) * Double(rate) * Double(1 - rate)).squareRoot()
        #expect(abs(dropped - Double(count) * Double(rate)) < 5 * deviation)
    }

    @Test func `rows of a target have masks of their own, named by the target`() {
        let tape = Tape(parameters: ParameterStorage(ParameterLayout()).values)
        let samples = Fixed<UInt32>([1])
        func masks(_ targets: [UInt32]) -> [[Float]] {
            let names = Fixed(targets)
            tape.begin(
                .training(sampleNames: samples.pointer, seed: 3, step: 5), sampleCount: 1,
                targets: Tape.Targets(names: names.pointer, count: names.count))
            let x = tape.variable(rows: 3 * targets.count, columns: columns)
            for index in 0..<x.count { x.value[index] = 1 }
            let y = tape.dropout(x, rate: 0.5, inGroupsOf: 3)
            return (0..<x.rows).map { row in (0..<columns).map { y.value[row * columns + $0] } }
        }
        let two = masks([7, 90])
        #expect(Set(two).count == 6)
        #expect(masks([90]) == Array(two[3...]))
        #expect(tape.error == nil)
    }

    @Test func `scoring, a rate of 0 and a training pass without a step leave the value as it is`() {
        let storage = ParameterStorage(ParameterLayout())
        let tape = Tape(parameters: storage.values)
        let samples = Fixed<UInt32>([1, 2])
        tape.begin(.scoring(seed: 0))
        let x = tape.variable(rows: 2, columns: 3)
        #expect(tape.dropout(x, rate: 0.5).value == x.value)
        tape.begin(.training(sampleNames: samples.pointer, seed: 0, step: nil))
        let y = tape.variable(rows: 2, columns: 3)
        #expect(tape.dropout(y, rate: 0.5).value == y.value)
        tape.begin(.training(sampleNames: samples.pointer, seed: 0, step: 1))
        let z = tape.variable(rows: 2, columns: 3)
        #expect(tape.dropout(z, rate: 0).value == z.value)
        #expect(tape.dropout(z, rate: 0.5).value != z.value)
    }
}
