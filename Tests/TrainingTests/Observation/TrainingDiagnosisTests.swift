import FileIO
import Testing
import Training

@Suite struct TrainingDiagnosisTests {
    /// The lines of epochs of so many steps each.
    private static func lines(
        _ losses: [Double], cosines: [Double?] = [], shares: [[Double]] = [], stepsPerEpoch: Int = 100
    ) -> [JSONValue] {
        losses.enumerated().map { epoch, loss in
            let cosine = epoch < cosines.count ? cosines[epoch] : nil
            return [
                "step": .integer(stepsPerEpoch * (epoch + 1)), "train_loss": .number(loss),
                "interests": [
                    "cosine": cosine.map { .number($0) } ?? .null,
                    "shares": epoch < shares.count ? .array(shares[epoch].map { .number($0) }) : .null,
                ],
            ]
        }
    }

    /// What is found at each epoch, from 1.
    private static func findings(_ lines: [JSONValue]) -> [Int: [TrainingDiagnosis.Finding]] {
        var diagnosis = TrainingDiagnosis()
        var result: [Int: [TrainingDiagnosis.Finding]] = [:]
        for (index, line) in lines.enumerated() {
            let found = diagnosis.add(line)
            if !found.isEmpty { result[index + 1] = found }
        }
        return result
    }

    private static let falling = (1...12).map { 1 / Double($0) }

    @Test func `interests that are alike in five epochs in a row are found once`() {
        let alike = [Double?](repeating: 0.96, count: 12)
        #expect(Self.findings(Self.lines(Self.falling, cosines: alike)) == [5: [.equalInterests(cosine: 0.96)]])
        let late = Self.lines(Self.falling, cosines: alike, stepsPerEpoch: 60)
        #expect(Self.findings(late) == [9: [.equalInterests(cosine: 0.96)]], "five epochs of few steps are early")
        let inBetween: [Double?] = [0.99, 0.99, 0.99, 0.99, 0.95, 0.99, 0.99, 0.99, 0.99, nil, 0.99, 0.99]
        #expect(Self.findings(Self.lines(Self.falling, cosines: inBetween)).isEmpty)
    }

    @Test func `one interest that wins nearly all rows is found, whichever it is`() {
        let won = [[Double]](repeating: [0.05, 0.92, 0.03], count: 12)
        #expect(Self.findings(Self.lines(Self.falling, shares: won)) == [5: [.winningInterest(2, share: 0.92)]])
        let half = [[Double]](repeating: [0.9, 0.1], count: 12)
        #expect(Self.findings(Self.lines(Self.falling, shares: half)).isEmpty)
    }

    @Test func `a loss that stays or rises is found`() {
        let constant = [Double](repeating: 0.6931, count: 8)
        #expect(
            Self.findings(Self.lines(constant)) == [5: [.constantLoss(first: 0.6931, last: 0.6931, epochs: 5)]])
        #expect(
            Self.findings(Self.lines(constant, stepsPerEpoch: 80))
                == [7: [.constantLoss(first: 0.6931, last: 0.6931, epochs: 7)]])
        let rising = (1...6).map { Double($0) }
        #expect(Self.findings(Self.lines(rising)) == [5: [.constantLoss(first: 1, last: 5, epochs: 5)]])
        let slow = (0..<8).map { 1 - 0.001 * Double($0) }
        #expect(Self.findings(Self.lines(slow)).isEmpty)
        #expect(Self.findings(Self.lines([1, 0.5, 0.5, 0.5, 0.5, 0.5, 1, 1])).isEmpty, "it has fallen, and may rest")
    }

    @Test func `models without interests, and lines of earlier versions, are taken as they are`() {
        #expect(Self.findings(Self.lines(Self.falling)).isEmpty)
        #expect(Self.findings([["epoch": 1], [:], .null, [], [:], [:]]).isEmpty)
    }

    @Test func `dev is compared with popularity once, after five epochs and five hundred steps`() {
        for (steps, expected) in [(1000, 5), (100, 5), (90, 6), (7, 72)] {
            let epochs = (1...200).filter {
                TrainingDiagnosis.comparesWithPopularity(epoch: $0, step: $0 * steps, steps: steps)
            }
            #expect(epochs == [expected])
        }
    }
}
