import Evaluation
import Foundation
import Testing

@Suite struct RankingMetricsTests {
    @Test func `hit ratio and gain are means over rows, 0 beyond the cut-off`() {
        let metrics = RankingMetrics(positions: [1, 2, 3, 8], topK: [2, 5])
        #expect(metrics.rows == 4)
        #expect(metrics.hitRatio == [0.5, 0.75])
        #expect(abs(metrics.ndcg[0] - (1 + 1 / 1.584_962_500_721_156) / 4) < 1e-12)
        #expect(abs(metrics.ndcg[1] - (1 + 1 / 1.584_962_500_721_156 + 0.5) / 4) < 1e-12)
    }

    @Test func `the gain at the first cut-off selects the epoch`() {
        // At the first cut-off more hits with a smaller gain; at the second one the hits are equal.
        let often = RankingMetrics(positions: [3, 3, 30, 30], topK: [3, 50])
        let high = RankingMetrics(positions: [1, 4, 4, 4], topK: [3, 50])
        #expect(often.hitRatio == [0.5, 1] && high.hitRatio == [0.25, 1])
        #expect(often.selection == 0.25 && high.selection == 0.25)
        let higher = RankingMetrics(positions: [1, 2, 30, 30], topK: [3, 50])
        #expect(higher.hitRatio == often.hitRatio)
        #expect(abs(higher.selection - (1 + 0.630_929_753_571_457) / 4) < 1e-12)
    }

    @Test func `names follow the order of the cut-offs`() {
        let metrics = RankingMetrics(positions: [1], topK: [10, 5])
        #expect(metrics.named.map(\.name) == ["HR@10", "NDCG@10", "HR@5", "NDCG@5"])
    }

    @Test func `recall and the mean reciprocal rank are named where they are asked for`() {
        let metrics = RankingMetrics(positions: [1, 4, 20, 2], topK: [2, 10], measures: [.recall, .mrr])
        #expect(
            metrics.named.map(\.name)
                == ["HR@2", "NDCG@2", "HR@10", "NDCG@10", "Recall@2", "Recall@10", "MRR"])
        let values: [Double] = metrics.named.suffix(3).map(\.value)
        #expect(values == [0.5, 0.75, 0.45])
    }

    @Test func `a cut-off that is named twice is reported once`() throws {
        let metrics = RankingMetrics(positions: [1, 4], topK: [5, 5, 1, 5], measures: [.recall])
        #expect(metrics == RankingMetrics(positions: [1, 4], topK: [5, 1], measures: [.recall]))
        #expect(metrics.named.map(\.name) == ["HR@5", "NDCG@5", "HR@1", "NDCG@1", "Recall@5", "Recall@1"])
    }

    @Test func `metrics of an older checkpoint are read, and name a repeated cut-off once`() throws {
        let text = """
            {"topK":[5,5],"hitRatio":[0.5,0.5],"ndcg":[0.25,0.25],"reciprocalRank":0.2,"users":7,"measures":[]}
            """
        let metrics = try JSONDecoder().decode(RankingMetrics.self, from: Data(text.utf8))
        #expect(metrics.rows == 7 && metrics.isConsistent)
        #expect(metrics.named.map(\.name) == ["HR@5", "NDCG@5"])
        #expect(try JSONDecoder().decode(RankingMetrics.self, from: JSONEncoder().encode(metrics)) == metrics)
    }

    @Test func `no row at all gives zeros`() {
        let metrics = RankingMetrics(positions: [], topK: [5])
        #expect(metrics.hitRatio == [0] && metrics.ndcg == [0])
    }
}
