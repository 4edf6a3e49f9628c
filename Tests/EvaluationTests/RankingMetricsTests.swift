import Evaluation
import Testing

@Suite struct RankingMetricsTests {
    @Test func `hit ratio and gain are means over users, 0 beyond the cut-off`() {
        let metrics = RankingMetrics(positions: [1, 2, 3, 8], topK: [2, 5])
        #expect(metrics.users == 4)
        #expect(metrics.hitRatio == [0.5, 0.75])
        #expect(abs(metrics.ndcg[0] - (1 + 1 / 1.584_962_500_721_156) / 4) < 1e-12)
        #expect(abs(metrics.ndcg[1] - (1 + 1 / 1.584_962_500_721_156 + 0.5) / 4) < 1e-12)
    }

    @Test func `the gain at the first cut-off selects the epoch`() {
        let metrics = RankingMetrics(positions: [1, 4], topK: [3, 10])
        #expect(metrics.selection == 0.5)
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

    @Test func `no user at all gives zeros`() {
        let metrics = RankingMetrics(positions: [], topK: [5])
        #expect(metrics.hitRatio == [0] && metrics.ndcg == [0])
    }
}
