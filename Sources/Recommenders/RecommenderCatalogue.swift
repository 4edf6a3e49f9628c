import Differentiation
import FileIO
import Synchronization

/// The models that can be asked for by name: those that come with Facet and those of one's own.
public enum RecommenderCatalogue {
    /// All models, those that were added last.
    public static var entries: [RecommenderEntry] { own + added.withLock { $0 } }

    /// The first mistake of those who added models; the command line ends with it.
    public static var error: ModelError? { mistake.withLock { $0 } }

    /// Makes a model known to the command line. To be called before ``entries`` are used, at the start of a program.
    ///
    /// Where another model has its name or one of its aliases, or an option of the same name with another default, it is
    /// left out and there is an ``error``. Names of the trainer's own options are refused where the command line starts.
    public static func add(_ entry: RecommenderEntry, file: StaticString = #fileID, line: UInt = #line) {
        if let name = ([entry.name] + entry.aliases).first(where: { self.entry(named: $0) != nil }) {
            let error = ModelError(
                "RecommenderCatalogue", "there is a model \(name) already",
                recoverySuggestion: "choose another name or alias at that line of the program",
                at: ModelSite(file: file, line: line))
            return mistake.withLock { $0 = $0 ?? error }
        }
        let known = options
        let other = entry.options.first { option in
            known.contains { $0.name == option.name && $0.declaration.isUnlike(option.declaration) }
        }
        if let other {
            let error = ModelError(
                "RecommenderCatalogue", "another model has another option \(other.name)",
                recoverySuggestion: "choose another name for that option of \(entry.name)",
                at: ModelSite(file: file, line: line))
            return mistake.withLock { $0 = $0 ?? error }
        }
        added.withLock { $0.append(entry) }
    }

    private static let added = Mutex<[RecommenderEntry]>([])
    private static let mistake = Mutex<ModelError?>(nil)

    private static let own: [RecommenderEntry] = [
        RecommenderEntry(
            name: "POP", summary: "number of train interactions of an item; nothing is learned",
            tensors: ModelTensors(items: "popularity.weight"), training: .none(samples: .everyInteraction)
        ) { Popularity($0, in: $1) },
        RecommenderEntry(
            name: "BPRMF", summary: "matrix factorization with the BPR loss (Rendle et al. 2009)",
            tensors: ModelTensors(users: "u_embeddings.weight"), training: ModelTraining(samples: .everyInteraction)
        ) { BPRMF($0, in: $1) },
        RecommenderEntry(
            name: "LightGCN",
            summary: "matrix factorization, propagated over the graph of interactions (He et al. 2020)",
            tensors: ModelTensors(
                items: "encoder.embedding_dict.item_emb", users: "encoder.embedding_dict.user_emb"),
            training: ModelTraining(samples: .everyInteraction), needs: .graph
        ) { LightGCN($0, in: $1) },
        RecommenderEntry(name: "GRU4Rec", summary: "recurrent state of the history (Hidasi et al. 2016)") {
            GRU4Rec($0, in: $1)
        },
        RecommenderEntry(
            name: "YouTubeDNN", aliases: ["YouTube"], summary: "mean of the history (Covington et al. 2016)"
        ) { YouTubeDNN($0, in: $1) },
        RecommenderEntry(name: "SASRec", summary: "causal Transformer (Kang and McAuley 2018)") { SASRec($0, in: $1) },
        RecommenderEntry(
            name: "TiSASRec", summary: "Transformer with time intervals (Li et al. 2020)", needs: .times
        ) { TiSASRec($0, in: $1) },
        RecommenderEntry(
            name: "eSASRec", summary: "causal Transformer with the gates of LiGR (Tikhonovich et al. 2025)",
            training: ModelTraining(loss: .sampledSoftmax)
        ) { ESASRec($0, in: $1) },
        RecommenderEntry(
            name: "gSASRec", summary: "causal Transformer, published with the loss gBCE (Petrov and Macdonald 2023)",
            training: ModelTraining(loss: .gBCE)
        ) { GSASRec($0, in: $1) },
        RecommenderEntry(
            name: "HSTU", summary: "sequential transduction units (Zhai et al. 2024)",
            training: ModelTraining(loss: .sampledSoftmax)
        ) { HSTU($0, in: $1) },
        RecommenderEntry(
            name: "ComiRec", aliases: ["ComiRec-SA"],
            summary: "self-attentive interests, hardest interest trained (Cen et al. 2020)"
        ) { ComiRec($0, in: $1) },
        RecommenderEntry(
            name: "ComiRec-DR", summary: "interests by dynamic routing, hardest interest trained (Cen et al. 2020)"
        ) { ComiRecDR($0, in: $1) },
        RecommenderEntry(
            name: "MIND", summary: "interests by dynamic routing, label-aware attention (Li et al. 2019)",
            training: ModelTraining(learningRate: 5e-3, loss: .sampledSoftmax)
        ) { MIND($0, in: $1) },
        RecommenderEntry(
            name: "IndustrialMIND", summary: "MIND with cosines throughout, as EasyRec trains it",
            training: ModelTraining(loss: .sampledSoftmax, score: .cosine)
        ) { IndustrialMIND($0, in: $1) },
        RecommenderEntry(
            name: "SINE", summary: "interests of the concepts that a history activates, mixed (Tan et al. 2021)",
            training: ModelTraining(loss: .sampledSoftmax)
        ) { SINE($0, in: $1) },
        RecommenderEntry(
            name: "KuaiFormer",
            summary: "interests by query tokens behind a causal Transformer (Liu et al. 2024)",
            training: ModelTraining(loss: .sampledSoftmax)
        ) { KuaiFormer($0, in: $1) },
        RecommenderEntry(
            name: "BaM-ComiRec", aliases: ["bam_comirec"],
            summary: "ComiRec without biases, positions from the oldest, as BaM's are published (2024)",
            tensors: ModelTensors(items: "embeddings.weight", unused: ["sample_loss."])
        ) { BaMComiRec($0, in: $1) },
        RecommenderEntry(
            name: "BaM-MIND", aliases: ["bam_mind"],
            summary: "MIND with weights over all slots, as BaM's are published (2024)",
            tensors: ModelTensors(items: "embeddings.weight", unused: ["sample_loss.", "capsule_network.relu."])
        ) { BaMMIND($0, in: $1) },
        RecommenderEntry(
            name: "TiMiRec", summary: "interests weighted by a distilled predictor (Wang et al. 2022)",
            tensors: ModelTensors(items: TiMiRec.extractorScope + ".i_embeddings.weight"),
            staging: StagedTraining(
                [.pretrain, .finetune], inheriting: TiMiRec.extractorScope + ".",
                options: MultiInterestExtractor.options)
        ) { TiMiRec($0, in: $1) },
    ]

    /// The entry called `name`, whatever its capitals.
    public static func entry(named name: String) -> RecommenderEntry? {
        entries.first { ([$0.name] + $0.aliases).contains { $0.lowercased() == name.lowercased() } }
    }

    /// The name that is most like `name`; nil where none is like it.
    public static func nearestName(to name: String) -> String? { entries.map(\.name).nearest(to: name) }
}
