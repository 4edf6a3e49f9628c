import Glibc

/// How long answers took: counts of times that are alike to 2 percent, so that millions of them cost nothing.
struct LatencyHistogram {
    private var counts: [Int] = []
    private(set) var count = 0

    /// The shortest time that is told from shorter ones, in seconds.
    private static let shortest = 1e-6
    private static let ratio = log(1.02)

    mutating func add(_ seconds: Double, count added: Int) {
        let index = Int(max(0, log(max(seconds, Self.shortest) / Self.shortest) / Self.ratio))
        if index >= counts.count { counts += repeatElement(0, count: index - counts.count + 1) }
        counts[index] += added
        count += added
    }

    /// The time, in seconds, that a share of the answers did not take longer than.
    func quantile(_ share: Double) -> Double {
        var rest = Int((share * Double(count)).rounded(.up))
        for (index, number) in counts.enumerated() {
            rest -= number
            if rest <= 0 { return Self.shortest * exp(Double(index + 1) * Self.ratio) }
        }
        return 0
    }
}
