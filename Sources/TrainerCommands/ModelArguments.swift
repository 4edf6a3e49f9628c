import ArgumentParser
import Recommenders

/// The hyperparameters of the models, under the names of this project and of ReChorus.
struct ModelArguments: ParsableArguments {
    @Option(
        name: [.customLong("embedding-size"), .customLong("emb_size"), .customLong("emb-size")],
        help: "Size d of user, item and interest vectors.")
    var embeddingSize = ModelOptions().embeddingSize

    @Option(
        name: [.customLong("hidden-size"), .customLong("hidden_size")], help: "GRU4Rec: size of the recurrent state.")
    var hiddenSize = ModelOptions().hiddenSize

    @Option(name: [.customLong("interests"), .customLong("K")], help: "Interests of a user, K.")
    var interests = ModelOptions().interests

    @Option(
        name: [.customLong("history-max"), .customLong("history_max")], help: "Newest items that a history keeps.")
    var historyMax = ModelOptions().historyMax

    @Option(
        name: [.customLong("attention-size"), .customLong("attn_size"), .customLong("attn-size")],
        help: "Inner size of the self-attentive pooling.")
    var attentionSize = ModelOptions().attentionSize

    @Option(name: [.customLong("add-pos"), .customLong("add_pos")], help: "Embed positions (0/1).")
    var addPositions = Switch(ModelOptions().addPositions)

    @Option(name: [.customLong("add-trm"), .customLong("add_trm")], help: "TiMiRec: add a Transformer layer (0/1).")
    var addTransformer = Switch(ModelOptions().addTransformer)

    @Option(name: [.customLong("temp"), .customLong("temperature")], help: "TiMiRec: temperature of the distillation.")
    var temperature = ModelOptions().temperature

    @Option(
        name: [
            .customLong("layers"), .customLong("n_layers"), .customLong("n-layers"), .customLong("num_layers"),
            .customLong("num-layers"),
        ],
        help: ArgumentHelp(
            """
            SASRec, TiSASRec: Transformer layers; LightGCN: propagations; TiMiRec: linear layers of the interest \
            predictor. (default: 3 for LightGCN, otherwise 1)
            """))
    var layers: Int?

    @Option(
        name: [.customLong("heads"), .customLong("num_heads"), .customLong("num-heads")],
        help: "SASRec, TiSASRec: attention heads.")
    var heads = ModelOptions().heads

    @Option(help: "SASRec, TiSASRec: dropout rate of the Transformer layers.")
    var dropout = ModelOptions().dropout

    @Option(
        name: [.customLong("time-max"), .customLong("time_max")],
        help: "TiSASRec: the largest time interval that is distinguished, in units of the user's smallest.")
    var timeMax = ModelOptions().timeMax

    @Option(
        name: [.customLong("time-unit-max"), .customLong("time_unit_max")],
        help: ArgumentHelp(
            """
            TiSASRec: the largest unit of time intervals, in the unit of the data's times; 0: no limit. The reference \
            implementation has 65535. (default: 0)
            """))
    var timeUnitMax: Int?

    @Option(
        name: [.customLong("p"), .customLong("power")],
        help: "MIND: power of the label-aware attention; inf takes the best interest.")
    var power = ModelOptions().power

    @Option(help: "MIND, ComiRec-DR, BaM-MIND: iterations of dynamic routing.")
    var iterations = ModelOptions().iterations

    @Option(
        name: [.customLong("relu-layer"), .customLong("relu_layer")],
        help: "MIND, ComiRec-DR: add a linear layer with ReLU behind the routing (0/1).")
    var reluLayer = Switch(ModelOptions().reluLayer)

    @Option(help: "MIND, ComiRec-DR: what the routing weights are normalised over.")
    var routing = ModelOptions().routing

    @Option(
        name: [.customLong("adaptive-interests"), .customLong("adaptive_interests")],
        help: "MIND: fewer interests for users with a short history (0/1).")
    var adaptiveInterests = Switch(ModelOptions().adaptiveInterests)

    var options: ModelOptions {
        var options = ModelOptions()
        options.embeddingSize = embeddingSize
        options.interests = interests
        options.historyMax = historyMax
        options.attentionSize = attentionSize
        options.addPositions = addPositions.isOn
        options.addTransformer = addTransformer.isOn
        options.temperature = temperature
        options.layers = layers
        options.heads = heads
        options.dropout = dropout
        options.hiddenSize = hiddenSize
        options.timeMax = timeMax
        options.timeUnitMax = timeUnitMax
        options.power = power
        options.iterations = iterations
        options.reluLayer = reluLayer.isOn
        options.routing = routing
        options.adaptiveInterests = adaptiveInterests.isOn
        return options
    }
}

extension RoutingNormalization: ExpressibleByArgument {}
