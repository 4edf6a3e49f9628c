import Differentiation

extension RecommenderEntry {
    /// Throws where a model that the entry has made has a mistake, or is not what the entry says of it.
    ///
    /// The trainer asks the entry wherever it has no model yet: before it reads the data, and for the ids in a file of
    /// parameters. Here the answers are compared with the model.
    ///
    /// - Parameters:
    ///   - context: what the model was made from.
    ///   - layout: where it has registered its parameters.
    public func check(
        _ model: any Recommender, from context: ModelContext, _ layout: ParameterLayout
    ) throws(ModelError) {
        try model.check(layout)
        try check(tensors.items, as: "items", is: model.items, layout)
        try check(tensors.users, as: "users", is: model.users, layout)
        let type = type(of: model)
        let support = type.objectiveSupport(context.options, in: context.stage)
        guard support != objectiveSupport(context.options, context.stage) else { return }
        throw ModelError(
            "RecommenderEntry", "objectiveSupport of \(name) is not what its model has for objectives",
            recoverySuggestion: "write in the entry at that line: objectiveSupport: \(type).objectiveSupport", at: site)
    }

    private func check(
        _ name: String?, as argument: String, is embedding: Embedding?, _ layout: ParameterLayout
    ) throws(ModelError) {
        let actual = embedding.map { layout.specifications[$0.table.index].name }
        guard actual != name else { return }
        throw ModelError(
            "RecommenderEntry",
            "the table of \(argument) of \(self.name) is \(name ?? "nil"), and the model has \(actual ?? "no such table")",
            recoverySuggestion:
                "write in the entry at that line: tensors: ModelTensors(\(argument): \(actual.map { "\"\($0)\"" } ?? "nil"))",
            at: site)
    }
}
