import FileIO
import Testing
import Training

@Suite struct TrainingDiagnosisTests {
    private static func line(loss: Double = 1, cosine: Double? = nil, shares: [Double]? = nil) -> JSONValue {
        [
            "train_loss": .number(loss),
            "interests": [
                "cosine": cosine.map { .number($0) } ?? .null,
                "shares": shares.map { .array($0.map { .number($0) }) } ?? .null,
            ],
        ]
    }

    /// What is found at each epoch.
    private static func findings(_ lines: [JSONValue]) -> [[TrainingDiagnosis.Finding]] {
        var diagnosis = TrainingDiagnosis()
        return lines.map { diagnosis.add($0) }
    }

    private static func falling(_ count: Int, _ line: (Double) -> JSONValue) -> [JSONValue] {
        (0..<count).map { line(1 / Double($0 + 1)) }
    }

    @Test func `interests that are alike in three epochs in a row are found once`() {
        let alike = Self.falling(8) { Self.line(loss: $0, cosine: 0.96) }
        #expect(Self.findings(alike) == [[], [], [.equalInterests(cosine: 0.96)], [], [], [], [], []])
        let cosines = [0.99, 0.99, 0.95, 0.99, 0.99, 0.9, 0.99, 0.99]
        let inBetween = zip(Self.falling(8) { Self.line(loss: $0) }, cosines).map { line, cosine in
            var line = line
            line["interests"] = ["cosine": .number(cosine)]
            return line
        }
        #expect(Self.findings(inBetween).joined().isEmpty)
    }

    @Test func `one interest that wins nearly all rows is found, whichever it is`() {
        let lines = Self.falling(4) { Self.line(loss: $0, cosine: 0.2, shares: [0.05, 0.92, 0.03]) }
        #expect(Self.findings(lines) == [[], [], [.winningInterest(2, share: 0.92)], []])
        let half = Self.falling(4) { Self.line(loss: $0, cosine: 0.2, shares: [0.9, 0.1]) }
        #expect(Self.findings(half).joined().isEmpty)
    }

    @Test func `a loss that stays or rises is found after five epochs`() {
        let constant = (0..<7).map { _ in Self.line(loss: 0.6931) }
        #expect(
            Self.findings(constant) == [[], [], [], [], [.constantLoss(first: 0.6931, last: 0.6931)], [], []])
        let rising = (0..<5).map { Self.line(loss: 1 + Double($0)) }
        #expect(Self.findings(rising).last == [.constantLoss(first: 1, last: 5)])
        let slow = (0..<7).map { Self.line(loss: 1 - 0.001 * Double($0)) }
        #expect(Self.findings(slow).joined().isEmpty)
        // Epoch 1 was learned from, and what follows rests.
        let resting = [1, 0.5, 0.5, 0.5, 0.5, 0.5].map { Self.line(loss: $0) }
        #expect(Self.findings(resting).joined().isEmpty)
    }

    @Test func `models without interests, and lines of earlier versions, are taken as they are`() {
        let lines: [JSONValue] = (0..<6).map { ["train_loss": .number(1 / Double($0 + 1)), "interests": .null] }
        #expect(Self.findings(lines).joined().isEmpty)
        #expect(Self.findings([["epoch": 1], [:], .null, [], [:], [:]]).joined().isEmpty)
    }
}
