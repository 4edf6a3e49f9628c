import Foundation
import Testing
import TrainerSupport

/// A command line that makes no sense ends in one message that names the option, before anything is read or written.
@Suite struct BadOptionTests {
    struct Case: Sendable, CustomStringConvertible {
        let options: [String]
        let message: String

        var description: String { options.joined(separator: " ") }

        init(_ options: String..., message: String? = nil) {
            self.options = options
            self.message = message ?? String(options[0].prefix { $0 != "=" })
        }
    }

    static let trainCases = [
        Case("--epochs", "0"),
        Case("--epochs=-1"),
        Case("--epochs", "-1", message: "--epochs is -1"),
        Case("--epochs", "many"),
        Case("--epochs", "1.5"),
        Case("--epochs", "99999999999999999999"),
        Case("--max-steps", "0"),
        Case("--early-stop=-1"),
        Case("--patience", "0"),
        Case("--sampling", "some"),
        Case("--validate-every", "0"),
        Case("--validate-every", "7", message: "--validate-every is for --sampling users"),
        Case("--sampling=users", "--early-stop", "3", message: "--early-stop counts epochs"),
        Case("--dev-only", "perhaps"),
        Case("--seed=-1"),
        Case("--batch-size", "0"),
        Case("--batch-size", "1000001"),
        Case("--batch-size", "3", message: "--batch-size is 3, below the 4 logical shards"),
        Case("--logical-shards", "0"),
        Case("--logical-shards", "4097"),
        Case("--lr", "0"),
        Case("--lr=-0.1"),
        Case("--lr", "-0.1", message: "--lr is -0.1, it must be above 0"),
        Case("--lr", "-1e-3", message: "--lr is -0.001, it must be above 0"),
        Case("--lr", "-inf", message: "--lr is -inf, it must be above 0"),
        Case("--l2", "-1", message: "--l2 is -1.0, it must not be below 0"),
        Case("--early-stop", "-1", message: "--early-stop is -1"),
        Case("--seed", "-1", message: "'-1' is invalid for '--seed"),
        Case("--batch-size", "-5", message: "--batch-size is -5"),
        Case("--topk", "-5", message: "--topk holds something that is no cut-off"),
        Case("--checkpoint-every", "-1", message: "--checkpoint-every is below 0"),
        Case("--dropout", "-0.5", message: "--dropout is -0.5"),
        Case("--quiet", "-1", message: "--quiet"),
        Case("--lr", "--l2", "1e-6", message: "missing value for '--lr"),
        Case("--lr", "nan"),
        Case("--lr", "inf"),
        Case("--l2=-1"),
        Case("--l2", "nan"),
        Case("--negatives", "0"),
        Case("--embedding-size", "0"),
        Case("--embedding-size", "4097"),
        Case("--interests", "0"),
        Case("--interests", "65"),
        Case("--K", "two", message: "'two' is invalid for '--interests"),
        Case("--negatives", "10001"),
        Case("--history-max", "0"),
        Case("--history-max", "10001"),
        Case("--attention-size", "0"),
        Case("--attention-size", "4097"),
        Case("--temp", "0"),
        Case("--temp", "nan"),
        Case("--layers", "0"),
        Case("--layers", "17"),
        Case("--heads", "0"),
        Case("--model=SASRec", "--heads", "3", message: "does not divide into 3 --heads"),
        Case("--dropout", "1"),
        Case("--dropout=-0.1"),
        Case("--hidden-size", "0"),
        Case("--time-max", "0"),
        Case("--time-unit-max", "-1", message: "--time-unit-max is -1"),
        Case("--p", "0"),
        Case("--p", "nan"),
        Case("--iterations", "0"),
        Case("--relu-layer", "2"),
        Case("--routing", "nothing"),
        Case("--add-pos", "2"),
        Case("--add-trm", "maybe"),
        Case("--topk", "0"),
        Case("--topk", "5,,10"),
        Case("--topk", "five"),
        Case("--evaluation", "half"),
        Case("--history-scores", "one"),
        Case("--history-scores", "zero", message: "--history-scores zero is about all items"),
        Case("--measures", "recall,luck"),
        Case("--measures", "mrr,coverage", message: "--measures coverage is about all items"),
        Case("--stage", "third"),
        Case("--loss", "none"),
        Case("--selection", "none"),
        Case("--selection-temperature", "2", message: "--selection-temperature is for other rules"),
        Case("--selection=soft", "--selection-temperature", "0", message: "--selection-temperature is 0.0"),
        Case("--model=BPRMF", "--selection", "soft", message: "--selection soft: BPRMF does not choose"),
        Case("--model=MIND", "--p=2", "--selection", "soft", message: "--selection soft: MIND does not choose"),
        Case("--model=TiMiRec", "--stage=finetune", "--selection=soft", message: "TiMiRec finetune does not choose"),
        Case("--shared-negatives", "0", message: "--shared-negatives is for --loss sampled-softmax"),
        Case("--loss=full-softmax", "--proposal=log-uniform", message: "--proposal is for --loss sampled-softmax"),
        Case("--mask-hits", "1", message: "--mask-hits is for --loss sampled-softmax"),
        Case("--importance", "1", message: "--importance is for --loss sampled-softmax and full-softmax"),
        Case("--loss=sampled-softmax", "--importance=-1", message: "--importance is -1.0"),
        Case("--multi-interest-loss", "1", message: "--multi-interest-loss is for --loss"),
        Case(
            "--model=SASRec", "--loss=full-softmax", "--multi-interest-loss=1",
            message: "--multi-interest-loss: SASRec does not have several interests"),
        Case("--table-sharding", "columns"),
        Case("--table-sharding=rows", "--loss=full-softmax", message: "--table-sharding rows and --loss full-softmax"),
        Case("--table-sharding=rows", "--measures=coverage", message: "--table-sharding rows ranks without --measures"),
        Case("--table-sharding=rows", "--warm-start=run", message: "--table-sharding rows and --warm-start"),
        Case("--optimizer-sharding", "rows"),
        Case("--loss=full-softmax", "--negatives", "5", message: "--negatives is 5, but --loss full-softmax"),
        Case("--routing-regularization=-1", message: "--routing-regularization is -1.0"),
        Case("--model=MIND", "--routing-regularization=1", message: "--routing-regularization: MIND has no attention"),
        Case("--model=GRU4Rec", "--dissimilarity=1", message: "--dissimilarity: GRU4Rec does not have several"),
        Case("--dissimilarity-margin", "0.5", message: "--dissimilarity-margin is for --dissimilarity"),
        Case("--dissimilarity=1", "--dissimilarity-margin=1", message: "--dissimilarity-margin is 1.0"),
        Case("--targets", "some"),
        Case("--window-stride", "4", message: "--window-stride is for --targets all"),
        Case("--targets=all", "--window-stride", "30", message: "--window-stride 30 is above --history-max 20"),
        Case("--targets=all", "--sampling=users", message: "--targets all is for --sampling epoch"),
        Case("--targets=all", "--model=MIND", message: "--targets all: MIND does not have vectors for every position"),
        Case("--targets=all", "--model=TiMiRec", message: "--targets all: TiMiRec does not have vectors"),
        Case("--targets=all", "--routing-regularization=1", message: "--routing-regularization: with --targets all"),
        Case("--calibration", "0.5", message: "--calibration is for --loss gbce"),
        Case("--loss=gbce", "--calibration", "1.5", message: "--calibration is 1.5"),
        Case("--loss=gbce", "--label-smoothing=0.1", message: "--label-smoothing is for --loss"),
        Case("--loss=sampled-softmax", "--uniform-share=0.1", message: "--uniform-share is for --proposal mixed"),
        Case(
            "--loss=sampled-softmax", "--proposal=batch", "--shared-negatives=0",
            message: "--shared-negatives 0: the negatives of --proposal batch"),
        Case("--shared-by", "shard", message: "--shared-by is for negatives that samples share"),
        Case("--score", "distance"),
        Case("--score-temperature", "0.1", message: "--score-temperature is for --score cosine"),
        Case("--mixture-users", "3", message: "--mixture-users is for --score mixture"),
        Case("--score=mixture", "--mixture-items", "0", message: "--mixture-items is 0"),
        Case(
            "--model=SASRec", "--score=mixture", "--loss=sampled-softmax", "--neighbour-weight", "2",
            message: "--score mixture and --neighbour-weight 2.0"),
        Case("--neighbour-weight", "-1", message: "--neighbour-weight is -1.0"),
        Case("--model=SASRec", "--score", "mixture", message: "--score mixture is for --loss sampled-softmax, not bpr"),
        Case(
            "--model=SASRec", "--score=mixture", "--loss=gbce",
            message: "--score mixture is for --loss sampled-softmax, not gbce"),
        Case(
            "--model=SASRec", "--score=mixture", "--loss=sampled-softmax", "--shared-negatives=0",
            message: "--score mixture compares with negatives that samples share"),
        Case(
            "--model=ComiRec", "--score=mixture", "--loss=sampled-softmax",
            message: "--score mixture: ComiRec has several interests"),
        Case(
            "--model=TiMiRec", "--score=mixture", "--loss=sampled-softmax", "--stage=finetune",
            message: "--score mixture: TiMiRec finetune has several interests"),
        Case(
            "--model=SASRec", "--score=mixture", "--loss=sampled-softmax", "--table-sharding=rows",
            message: "--table-sharding rows and --score mixture"),
        Case("--weight-decay=0.1", "--l2=0.1", message: "--weight-decay and --l2 do the same"),
        Case("--clip-norm=-1", message: "--clip-norm is -1.0"),
        Case("--lr-decay", "linear", message: "--lr-decay and --decay-epochs go together"),
        Case("--average", "1", message: "--average is 1.0"),
        Case("--model=eSASRec", "--rotary=1", "--embedding-size=5", message: "--rotary 1: a head has 5 columns"),
        Case("--exchange", "pigeons"),
        Case("--lr", message: "--lr"),
        Case("--bacth-size", "8", message: "Did you mean '--batch-size'?"),
        Case("--histroy-max", "8", message: "Did you mean '--history-max'?"),
        Case("--nonsense-of-my-own", "8"),
        Case("surplus"),
        Case("--model", "TimRec", message: "there is no model TimRec; did you mean TiMiRec?"),
        Case("--model", "comirek", message: "there is no model comirek; did you mean ComiRec?"),
        Case("--model", "ComiRec", "--model", "MIND", message: "--model is there 2 times: ComiRec, MIND"),
        Case("--model=ComiRec", "--model_name", "MIND", message: "--model is there 2 times: ComiRec, MIND"),
        Case("--config", message: "--config needs the name of a YAML file"),
        Case("--config", "no-such-file.yaml", message: "no-such-file.yaml: cannot be read"),
    ]

    @Test(arguments: trainCases) func `a wrong option of train is refused by name`(_ input: Case) async throws {
        try await refuse(input, .alone)
    }

    @Test(
        arguments: trainCases.filter {
            ["--epochs", "--batch-size", "--bacth-size", "--model"].contains($0.options[0])
        })
    func `a wrong option is told once on two ranks`(_ input: Case) async throws {
        try await refuse(input, .ranks(2))
    }

    private func refuse(_ input: Case, _ launch: Launch) async throws {
        let workspace = try await FinishedRuns.workspace()
        // What is refused only when the data are there claims the run for a moment, which nobody else may look at.
        let own = input.message.contains("is about all items") ? try Workspace() : nil
        let out = own.map { $0("ComiRec") } ?? workspace("ComiRec")
        if own != nil { try FileManager.default.copyItem(atPath: workspace("ComiRec"), toPath: out) }
        let model = input.options.contains { $0.hasPrefix("--model") } ? [] : ["--model", "ComiRec"]
        let command =
            ["train"] + model + ["--data-root", workspace("data"), "--dataset", "tables", "--out", out]
            + FinishedRuns.options
        try await expectRefusal(Refusal(64, naming: input.message), launch, command + input.options, leaving: out)
    }

    static let otherCases = [
        Case("train", "--model", "ComiRec", message: "--dataset is missing"),
        Case("train", "--dataset", "tables", message: "--model"),
        Case("evaluate", message: "--checkpoint"),
        Case("evaluate", "--checkpoint", "run", "--split", "train", message: "--split"),
        Case("evaluate", "--checkpoint", "run", "--topk", "0", message: "--topk"),
        Case("evaluate", "--checkpoint", "run", "--logical-shards", "0", message: "--logical-shards"),
        Case("evaluate", "--checkpoint", "run", "--seed", "1", message: "are for a safetensors file"),
        Case("evaluate", "--checkpoint", "file.safetensors", message: "--model is missing"),
        Case("evaluate", "--checkpoint", "file.safetensors", "--model", "ComiRec", message: "--dataset is missing"),
        Case(
            "evaluate", "--checkpoint", "file.safetensors", "--model", "CommiRec", "--dataset", "tables",
            message: "there is no model CommiRec; did you mean ComiRec?"),
        Case("data", "generate", message: "--out"),
        Case("data", "generate", "--out", "no/where", "--users", "0", message: "users: 0"),
        Case("data", "generate", "--out", "no/where", "--items", "0", message: "items: 0"),
        Case("data", "generate", "--out", "no/where", "--clusters", "0", message: "clusters: 0"),
        Case("data", "generate", "--out", "no/where", "--max-interests", "0", message: "--max-interests is 0"),
        Case("data", "generate", "--out", "no/where", "--max_interests", "0", message: "--max-interests is 0"),
        Case("data", "generate", "--out", "no/where", "--mean_interactions", "1", message: "interactions: 1"),
        Case("data", "generate", "--out", "no/where", "--popularity_exponent", "9", message: "popularity exponent: 9"),
        Case("data", "generate", "--out", "no/where", "--drift", "2", message: "drift: 2"),
        Case("data", "generate", "--out", "no/where", "--negatives=-1", message: "negatives: -1"),
        Case("data", "generate", "--out", "no/where", "--negatives", "-1", message: "negatives: -1"),
        Case("benchmark", "--model", "ComiRec", "--model", "MIND", message: "--model is there 2 times"),
        Case("evaluate", "--checkpoint", "run", "--logical-shards", "-1", message: "--logical-shards is -1"),
        Case("data", "generate", "--out", "no/where", "--mean-interactions", "1", message: "interactions: 1"),
        Case("data", "generate", "--out", "no/where", "--popularity-exponent", "9", message: "popularity exponent: 9"),
        Case("trian", message: "there is no subcommand trainer trian; did you mean train?"),
        Case("trian", "--model", "ComiRec", message: "did you mean train?"),
        Case("help", "trian", message: "did you mean train?"),
        Case(
            "fly",
            message:
                "choose one of train, evaluate, recommend, similar, export, search, compare, report, benchmark, forecast, "
                + "data"),
        Case("data", "genrate", "--out", "x", message: "trainer data genrate; did you mean generate?"),
        Case(
            "--stage", "pretrain", "train", "--model", "TiMiRec",
            message: "write trainer train --stage pretrain --model TiMiRec"),
        Case("--lr", "1", "data", "generate", message: "--lr stands before the subcommand data"),
        Case("data", "--out", "x", "generate", message: "write trainer data generate --out x"),
        Case("train", "ComiRec", "--dataset", "tables", message: "name the model with --model ComiRec"),
        Case("train", "grocery-expected", message: "name the recipe with --recipe grocery-expected"),
        Case("train", "games", message: "train is followed by games, which is no option"),
        Case("evaluate", "runs/games", message: "with --checkpoint runs/games"),
        Case(
            "train", "--stage=pretrain", "--stage", "finetune", message: "--stage is there 2 times: pretrain, finetune"),
        Case("train", "--dataset", "a", "--dataset=b", message: "--dataset is there 2 times: a, b"),
        Case("train", "--config", "a", "--config", "b", message: "--config is there 2 times: a, b"),
    ]

    @Test(arguments: otherCases) func `a wrong option of another command is refused by name`(_ input: Case) async throws
    {
        try await expectRefusal(Refusal(64, naming: input.message), .alone, input.options)
    }
}
