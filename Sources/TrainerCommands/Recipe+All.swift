extension Recipe {
    /// All recipes that there are.
    ///
    /// A recipe that has been published in a release keeps its options: other ones get another name.
    static let all: [Recipe] = everyPosition + beyondPublished + published + balanced

    private static let grocery = "Grocery_and_Gourmet_Food, its 99 stored negatives (scripts/fetch-data grocery)"
    private static let movieLens =
        "ml-1m-bam: MovieLens-1M, all items ranked, with item_meta.csv naming the items 1 to 3706 (page Results)"

    /// Targets at every position, compared with all items: for data sets of a kind, whatever they are called.
    private static let everyPosition = [
        Recipe(
            "amazon-5-core", for: "tens of thousands of users with some ten items each, all items ranked",
            data: "any; chosen on dev of amazon-sports, which --dataset names",
            source: "the page Results, Targets at every position",
            options: """
                --model eSASRec --targets all --history-max 50 --layers 1 --dropout 0.5 --embedding-size 128 \
                --loss sampled-softmax --negatives 512 --score cosine --score-temperature 0.1 --batch-size 128 --lr 3e-3 \
                --average 0.999 --epochs 60 --evaluation full --topk 10,20 --neighbour-weight 2.5
                """),
        Recipe(
            "movielens", for: "thousands of users with long histories, all items ranked",
            data: "any; chosen on dev of ml-1m-sas, which --dataset names",
            source: "the page Results, Targets at every position",
            options: """
                --model eSASRec --targets all --history-max 200 --layers 2 --heads 2 --dropout 0.3 \
                --loss full-softmax --batch-size 16 --lr 1e-3 --lr-decay cosine --decay-epochs 30 --average 0.999 \
                --epochs 30 --evaluation full --topk 10,20 --neighbour-weight 30 --neighbour-distance 2 \
                --neighbour-backward 0
                """),
    ]

    /// The options of `timirec-plus`, without a data set.
    private static let bothStages = """
        --model TiMiRec --interests 2 --loss sampled-softmax --negatives 512 --lr 1e-4 --l2 1e-6 --epochs 6 \
        --topk 5,10,20 --pretrain lr=5e-4,selection=expected,epochs=10
        """

    /// Settings found on dev that have better results than published ones.
    private static let beyondPublished = [
        Recipe(
            "grocery", for: "a shop of a few thousand items, ranking among stored negatives: timirec-plus for any data",
            data: "any; chosen on dev of Grocery_and_Gourmet_Food, which --dataset names",
            source: "the page Results, Recipes for Grocery", options: bothStages),
        Recipe(
            "grocery-expected", for: "TiMiRec's extractor by itself, its expected interest trained; half a minute",
            data: grocery, source: "the page Results, Recipes for Grocery",
            options: """
                --model TiMiRec --stage pretrain --dataset Grocery_and_Gourmet_Food --interests 4 \
                --loss sampled-softmax --selection expected --negatives 512 --lr 5e-4 --l2 1e-6 --epochs 12 --topk 5,10,20
                """),
        Recipe(
            "timirec-plus", for: "the best ranking among the 99 negatives: TiMiRec with both stages",
            data: grocery, source: "the page Results, Recipes for Grocery",
            options: bothStages + " --dataset Grocery_and_Gourmet_Food"),
        Recipe(
            "ml-1m-sasrec", for: "the best ranking of all items by a SASRec of the newest position, full softmax",
            data: movieLens, source: "the page Results, A recipe for MovieLens-1M, all items ranked",
            options: """
                --model SASRec --dataset ml-1m-bam --loss full-softmax --sampling users --batch-size 128 \
                --history-max 100 --layers 2 --dropout 0.2 --lr 1e-3 --l2 0 --validate-every 2000 --patience 3 \
                --max-steps 60000 --evaluation full --topk 10,20 --measures recall,mrr,coverage
                """),
    ]

    /// The rows of the table that TiMiRec's authors published; `-published` where the settings are theirs, too.
    private static let published = [
        row("bpr-published", "BPR", "0.3574, 0.2480", "--model BPRMF --lr 1e-3 --l2 1e-6"),
        row("lightgcn-published", "LightGCN", "0.3713, 0.2577", "--model LightGCN --layers 3 --lr 1e-3 --l2 1e-8"),
        row("gru4rec-published", "GRU4Rec", "0.3664, 0.2597", "--model GRU4Rec --hidden-size 100 --lr 1e-3 --l2 1e-4"),
        row("youtube-published", "YouTube", "0.3643, 0.2601", "--model YouTubeDNN --lr 1e-3 --l2 1e-6"),
        row("sasrec-published", "SASRec", "0.3888, 0.2923", "--model SASRec --lr 1e-4 --l2 1e-6"),
        row(
            "tisasrec-published", "TiSASRec", "0.3916, 0.2922",
            "--model TiSASRec --time-max 512 --time-unit-max 65535 --lr 1e-4 --l2 1e-6"),
        row(
            "comirec-plus-published", "ComiRec+", "0.3904, 0.2909",
            "--model TiMiRec --stage pretrain --add-trm 1 --interests 6 --lr 1e-4 --l2 1e-6"),
        row(
            "timirec-plus-published", "TiMiRec+", "0.4063, 0.3087",
            "--model TiMiRec --add-trm 1 --interests 6 --lr 1e-4 --l2 1e-6"),
        row(
            "mind-grocery", "MIND", "0.3935, 0.2803", "--model MIND --interests 1 --loss bpr --lr 5e-3 --l2 1e-6",
            but: "K = 1 and the learning rate"),
        row(
            "comirec-grocery", "ComiRec", "0.3763, 0.2694",
            "--model ComiRec --interests 4 --batch-size 512 --lr 1e-3 --l2 1e-6", but: "the batch of 512"),
        row(
            "timirec-grocery", "TiMiRec", "0.4020, 0.2922",
            "--model TiMiRec --add-trm 0 --interests 6 --batch-size 128 --lr 1e-3 --l2 1e-6",
            but: "the batch of 128 and the learning rate"),
    ]

    private static func row(
        _ name: String, _ row: String, _ numbers: String, _ options: String, but own: String? = nil
    ) -> Recipe {
        Recipe(
            name, for: "the row \(row) of the published table", data: grocery,
            source: "Wang et al., CIKM 2022: HR@5, NDCG@5 \(numbers)"
                + (own.map { "; \($0) chosen here, on dev" } ?? ""),
            options: "\(options) --dataset Grocery_and_Gourmet_Food")
    }

    /// Balanced interest learning with its authors' settings.
    private static let balanced = [("soft", "BaM_p", "0.2331, 0.1254"), ("soft-linear", "BaM_l", "0.2377, 0.1317")].map
    {
        selection, row, numbers in
        Recipe(
            "bam-\(selection)", for: "\(row) with REMI's ComiRec-SA", data: movieLens,
            source: "published with BaM: Recall@10, nDCG@10 \(numbers)",
            options: """
                --model BaM-ComiRec --dataset ml-1m-bam --selection \(selection) --importance 0.01 --history-max 200 \
                --batch-size 128 --interests 4 --lr 1e-3 --l2 0 --loss sampled-softmax --negatives 1280 \
                --sampling users --validate-every 1000 --patience 15 --evaluation full --history-scores zero \
                --topk 10,20 --measures recall,coverage,interests
                """)
    }
}
