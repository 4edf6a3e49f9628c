import Evaluation
import Testing

@Suite struct InterestBalanceTests {
    @Test func `equal shares have the entropy 1, a single winner has 0`() {
        let balance = InterestBalance(
            trueWinners: [0, 1, 2, 3, 3, 2, 1, 0], firstWinners: [2, 2, 2, 2], cosines: [0.5, -0.25], interestCount: 4)
        #expect(balance.trueItem?.shares == [0.25, 0.25, 0.25, 0.25])
        #expect(abs((balance.trueItem?.entropy ?? 0) - 1) < 1e-15)
        #expect(balance.firstItem?.shares == [0, 0, 1, 0])
        #expect(balance.firstItem?.entropy == 0)
        #expect(balance.cosine == 0.125)
    }

    @Test func `entropy is relative to the number of interests`() {
        let balance = InterestBalance(
            trueWinners: [0, 1, -1], firstWinners: [Int32]?.none, cosines: [], interestCount: 4)
        #expect(balance.trueItem?.shares == [0.5, 0.5, 0, 0])
        #expect(abs((balance.trueItem?.entropy ?? 0) - 0.5) < 1e-15)
        #expect(balance.firstItem == nil && balance.cosine == nil)
    }

    @Test func `interests that do not correspond have no shares, but a cosine`() {
        let balance = InterestBalance(
            trueWinners: [Int32]?.none, firstWinners: [Int32]?.none, cosines: [0.5], interestCount: 4)
        #expect(balance.trueItem == nil && balance.firstItem == nil && balance.cosine == 0.5)
    }

    @Test func `the cosines of pairs are means over the users who have both interests`() {
        // One user with two interests, two with all three, one with a single one.
        let pairs = InterestBalance.CosinePairs(sums: [0.9, 0.4, -1], users: [0, 1, 1, 2])
        let balance = InterestBalance(
            trueWinners: [0], firstWinners: [Int32]?.none, cosines: [0.5], pairs: pairs, interestCount: 3)
        #expect(balance.cosineMatrix == [[1, 0.3, 0.2], [0.3, 1, -0.5], [0.2, -0.5, 1]])
        let fewer = InterestBalance.CosinePairs(sums: [0.5, 0, 0], users: [0, 3, 1, 0])
        let nobody = InterestBalance(
            trueWinners: [0], firstWinners: [Int32]?.none, cosines: [0.5], pairs: fewer, interestCount: 3)
        #expect(nobody.cosineMatrix == [[1, 0.5, nil], [0.5, 1, nil], [nil, nil, 1]])
        let others = InterestBalance(
            trueWinners: [0], firstWinners: [Int32]?.none, cosines: [0.5], pairs: fewer, interestCount: 4)
        #expect(others.cosineMatrix == nil)
    }
}
