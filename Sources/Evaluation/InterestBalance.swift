import Glibc

/// Whether the interests of the users share the work, over all users.
///
/// An interest wins an item if its inner product with the item is the largest one, the first interest on ties. Where
/// all items are won by one interest, the model has only one; where all interests are alike, they are one. The first of the
/// two needs interests that are the same for all users: what dynamic routing starts from random logits has none.
public struct InterestBalance: Sendable, Equatable, Codable {
    /// How the users are spread over the winning interests.
    public struct Shares: Sendable, Equatable, Codable {
        /// `[K]`: the share of rows whose item interest k wins.
        public let shares: [Double]
        /// `-sum_k p_k log p_k / log K`: 1 where all shares are equal, 0 where one interest wins everywhere.
        public let entropy: Double

        /// - Parameter winners: an interest for each user, negative for a user without.
        init(winners: some Sequence<Int32>, interestCount: Int) {
            var counts = [Int](repeating: 0, count: interestCount)
            for winner in winners where winner >= 0 { counts[Int(winner)] += 1 }
            let users = Double(max(counts.reduce(0, +), 1))
            shares = counts.map { Double($0) / users }
            let sum = shares.reduce(0) { $1 > 0 ? $0 - $1 * log($1) : $0 }
            entropy = sum / log(Double(interestCount))
        }
    }

    /// Of the true items; nil where the interests of two users do not correspond: ``Interests/correspond``.
    public let trueItem: Shares?
    /// Of each user's best item; nil there, and where not all items are ranked.
    public let firstItem: Shares?
    /// The mean over users of the mean cosine of two of their interests; nil if no user has two.
    public let cosine: Double?

    /// - Parameter interestCount: K, at least 2.
    package init(
        trueWinners: (some Sequence<Int32>)?, firstWinners: (some Sequence<Int32>)?, cosines: some Sequence<Float>,
        interestCount: Int
    ) {
        trueItem = trueWinners.map { Shares(winners: $0, interestCount: interestCount) }
        firstItem = firstWinners.map { Shares(winners: $0, interestCount: interestCount) }
        var sum = 0.0
        var count = 0
        for cosine in cosines {
            sum += Double(cosine)
            count += 1
        }
        cosine = count > 0 ? sum / Double(count) : nil
    }
}
