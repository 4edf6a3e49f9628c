import ArgumentParser
import Recommenders

/// The hyperparameters of the models, under the names of this project and of ReChorus.
struct ModelArguments: ParsableArguments {
    @Option(
        name: [.customLong("embedding-size"), .customLong("emb_size"), .customLong("emb-size")],
        help: "Size d of item and interest vectors.")
    var embeddingSize = ModelOptions().embeddingSize

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
        name: [.customLong("layers"), .customLong("n_layers"), .customLong("n-layers")],
        help: "TiMiRec: linear layers of the interest predictor.")
    var layers = ModelOptions().layers

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
        return options
    }
}
