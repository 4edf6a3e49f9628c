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

    /// Which interests the true items belong to; nil where the interests of two users do not correspond:
    /// ``Interests/correspond``.
    public let trueItem: Shares?
    /// Which interests the best items of the users belong to; nil there, and where not all items are ranked.
    public let firstItem: Shares?
    /// The mean over users of the mean cosine of two of their interests; nil if no user has two.
    public let cosine: Double?
    /// `[K, K]`: the mean over users of the cosine of two of their interests, 1 on the diagonal, nil where no user has
    /// both; nil as a whole where interests do not correspond and for more than ``mostInterestsInMatrix``.
    public let cosineMatrix: [[Float?]]?

    /// The most interests whose cosines are found pair by pair.
    public static let mostInterestsInMatrix = 16

    /// - Parameters:
    ///   - pairs: of the cosines pair by pair; nil: nobody counted them.
    ///   - interestCount: K, at least 2.
    package init(
        trueWinners: (some Sequence<Int32>)?, firstWinners: (some Sequence<Int32>)?, cosines: some Sequence<Float>,
        pairs: CosinePairs? = nil, interestCount: Int
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
        cosineMatrix = pairs?.matrix(interestCount: interestCount)
    }

    /// The cosines of two interests of a user, added up pair by pair over users.
    package struct CosinePairs: Sendable {
        /// `[K (K - 1) / 2]`: the sums, that of k and l < k at `k (k - 1) / 2 + l`.
        package let sums: [Double]
        /// `[K + 1]`: how many users have so many interests.
        package let users: [Int]

        /// The sums and the users they are over.
        package init(sums: [Double], users: [Int]) {
            self.sums = sums
            self.users = users
        }

        /// The mean cosines; nil where the sums are not those of so many interests.
        func matrix(interestCount: Int) -> [[Float?]]? {
            guard sums.count == interestCount * (interestCount - 1) / 2, users.count == interestCount + 1 else {
                return nil
            }
            return (0..<interestCount).map { row in
                (0..<interestCount).map { column in
                    guard row != column else { return 1 }
                    let (larger, smaller) = (max(row, column), min(row, column))
                    let count = users[(larger + 1)...].reduce(0, +)
                    return count > 0 ? Float(sums[larger * (larger - 1) / 2 + smaller] / Double(count)) : nil
                }
            }
        }
    }
}
