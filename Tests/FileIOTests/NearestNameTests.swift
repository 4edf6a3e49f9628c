import FileIO
import Testing

@Suite struct NearestNameTests {
    private static let commands = ["train", "evaluate", "benchmark", "data"]
    private static let models = [
        "POP", "BPRMF", "LightGCN", "GRU4Rec", "YouTubeDNN", "SASRec", "TiSASRec", "ComiRec", "ComiRec-DR", "MIND",
        "BaM-ComiRec", "BaM-MIND", "TiMiRec",
    ]
    /// As in the order of the declarations: the nearest one does not stand first.
    private static let options = [
        "selection-temperature", "history-scores", "validate-every", "multi-interest-loss", "embedding-size",
        "adaptive-interests", "shared-negatives", "time-unit-max", "hidden-size", "data-root", "dataset", "history-max",
        "batch-size", "negatives", "measures", "dropout", "epochs", "heads", "seed", "topk", "temp", "lr", "l2",
    ]

    @Test(arguments: [
        ("trian", "train"), ("TRAIN", "train"), ("evalute", "evaluate"), ("dta", "data"), ("benchmrak", "benchmark"),
        ("bench", "benchmark"),
    ])
    func `a slip of the finger leads to the name that was meant`(typed: String, meant: String) {
        #expect(Self.commands.nearest(to: typed) == meant)
    }

    @Test(arguments: [
        ("comirek", "ComiRec"), ("TimRec", "TiMiRec"), ("mnid", "MIND"), ("GRU", "GRU4Rec"), ("sasrek", "SASRec"),
        ("popp", "POP"), ("LigthGCN", "LightGCN"), ("comirec-d", "ComiRec-DR"), ("com", "ComiRec"),
        ("bamcomirec", "BaM-ComiRec"), ("tisas", "TiSASRec"), ("youtube", "YouTubeDNN"), ("MIN", "MIND"),
    ])
    func `a mistyped model leads to the one that was meant`(typed: String, meant: String) {
        #expect(Self.models.nearest(to: typed) == meant)
    }

    @Test(arguments: [
        ("data", "dataset"), ("history", "history-max"), ("histroy-max", "history-max"), ("batchsize", "batch-size"),
        ("bacth-size", "batch-size"), ("negative", "negatives"), ("epoch", "epochs"), ("tmep", "temp"), ("top", "topk"),
        ("haeds", "heads"), ("drop-out", "dropout"), ("lrr", "lr"), ("embeding-size", "embedding-size"),
        ("hiden-size", "hidden-size"), ("sede", "seed"), ("mesures", "measures"), ("hist", "history-max"),
    ])
    func `the shortest name that fits goes before longer ones`(typed: String, meant: String) {
        #expect(Self.options.nearest(to: typed) == meant)
    }

    @Test(arguments: ["", "x", "something else", "scores", "size", "zz"])
    func `nothing is suggested that is not alike`(typed: String) {
        #expect(Self.commands.nearest(to: typed) == nil)
        #expect(Self.options.nearest(to: typed) == nil)
        #expect([String]().nearest(to: typed) == nil)
    }
}
