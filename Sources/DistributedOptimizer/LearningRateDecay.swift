/// How the learning rate falls after its warm-up.
public enum LearningRateDecay: String, Sendable, CaseIterable {
    /// It does not.
    case none
    /// In a straight line.
    case linear
    /// Along half a wave of the cosine (Loshchilov and Hutter 2017).
    case cosine

    /// What a rate falls to.
    static let least = 0.01

    /// The factor after a part of the way, from 0 to 1: 1 at its beginning, ``least`` at its end.
    func factor(at part: Double) -> Double {
        switch self {
        case .none: 1
        case .linear: 1 - (1 - Self.least) * min(part, 1)
        case .cosine: Self.least + (1 - Self.least) * (1 + Self.cosine(ofHalfTurns: min(part, 1))) / 2
        }
    }

    /// `cos(pi x)` for x from 0 to 1 by its series: the same bits on every machine, which a library's does not promise.
    private static func cosine(ofHalfTurns x: Double) -> Double {
        guard x <= 0.5 else { return -cosine(ofHalfTurns: 1 - x) }
        let square = (Double.pi * x) * (Double.pi * x)
        var (sum, term) = (1.0, 1.0)
        for index in 1...12 {
            term *= -square / Double((2 * index - 1) * (2 * index))
            sum += term
        }
        return sum
    }
}
