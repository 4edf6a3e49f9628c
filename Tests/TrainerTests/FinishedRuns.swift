import TrainerSupport

/// Finished runs that tests start from, made once.
enum FinishedRuns {
    static let dataset = "tables"

    /// The options of all of these runs.
    static let options = ["--embedding-size", "8", "--logical-shards", "4", "--batch-size", "9", "--topk", "5,10"]

    /// A folder that holds the data set `tables` and the runs `ComiRec`, `pretrain` (TiMiRec).
    static func workspace() async throws -> Workspace { try await making.value }

    private static let making = Task {
        let workspace = try Workspace.untilExit()
        try SmallTables().write(to: workspace, "data/" + dataset)
        let data = ["--data-root", workspace("data"), "--dataset", dataset]
        for (name, model) in [
            ("ComiRec", ["--model", "ComiRec"]), ("pretrain", ["--model", "TiMiRec", "--stage", "pretrain"]),
        ] {
            try await Launch.alone.successfulTrainer(
                ["train", "--quiet", "--epochs", "2", "--out", workspace(name)] + model + data + options)
        }
        return workspace
    }
}
