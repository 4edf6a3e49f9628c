import Differentiation
import KernelCore
import Testing

/// Random numbers of a forward pass: by step and sample in training, by user in scoring.
@Suite struct NormalsTests {
    private let storage = ParameterStorage(ParameterLayout())

    /// The numbers of each history; `users` and `samples` name them.
    private func numbers(
        _ pass: (UnsafePointer<UInt32>) -> Tape.Pass, users: [Int32], samples: [UInt32], lengths: [Int],
        earlierDraws: Int = 0
    ) -> [[Float]] {
        let columns = 3
        let tape = Tape(parameters: storage.values)
        let packed = PackedHistories(lengths)
        let (users, samples) = (Fixed(users), Fixed(samples))
        tape.begin(pass(samples.pointer))
        for _ in 0..<earlierDraws { _ = tape.standardNormals(columns: 1, over: packed.sequences, users: users.pointer) }
        let y = tape.standardNormals(columns: columns, over: packed.sequences, users: users.pointer)
        return lengths.indices.map { sequence in
            (0..<columns).flatMap { column in
                (0..<lengths[sequence]).map {
                    y[column * packed.sequences.total + packed.sequences.start(sequence) + $0]
                }
            }
        }
    }

    @Test func `scoring gives a user the same numbers in every batch`() {
        func score(_ seed: UInt64, _ users: [Int32], _ lengths: [Int]) -> [[Float]] {
            numbers({ _ in .scoring(seed: seed) }, users: users, samples: users.map { _ in 0 }, lengths: lengths)
        }
        let together = score(3, [5, 6, 7], [2, 9, 4])
        #expect(score(3, [7, 5], [4, 2]) == [together[2], together[0]])
        #expect(score(4, [6], [9]) != [together[1]])
    }

    @Test func `training draws anew for every step and sample, whoever the user is`() {
        func train(_ step: UInt32?, seed: UInt64 = 1, users: [Int32], _ samples: [UInt32], draws: Int = 0) -> [[Float]]
        {
            numbers(
                { .training(sampleNames: $0, seed: seed, step: step) }, users: users, samples: samples,
                lengths: [Int](repeating: 5, count: samples.count), earlierDraws: draws)
        }
        let first = train(1, users: [5, 5, 6], [10, 11, 12])
        #expect(Set(first).count == 3)
        #expect(train(1, users: [9, 5], [12, 11]) == [first[2], first[1]])
        for other in [
            train(2, users: [5], [10]), train(1, seed: 2, users: [5], [10]), train(1, users: [5], [10], draws: 1),
        ] {
            #expect(other[0] != first[0])
        }
    }

    @Test func `training without a step draws as scoring does, and never as a step does`() {
        let users: [Int32] = [5, 6]
        let lengths = [4, 3]
        let score = numbers({ _ in .scoring(seed: 8) }, users: users, samples: [5, 6], lengths: lengths)
        let still = numbers(
            { .training(sampleNames: $0, seed: 8, step: nil) }, users: users, samples: [50, 60], lengths: lengths)
        let step = numbers(
            { .training(sampleNames: $0, seed: 8, step: 1) }, users: users, samples: [5, 6], lengths: lengths)
        #expect(still == score)
        #expect(step[0] != score[0] && step[1] != score[1])
    }
}
