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
        try check(itemTable, as: "itemTable", is: model.items, layout)
        try check(userTable, as: "userTable", is: model.users, layout)
        let support = objectiveSupport(context.options, context.stage)
        guard model is any MultiInterestRecommender, !support.contains(.interests) else { return }
        throw ModelError(
            "RecommenderEntry", "\(name) has several interests, and its entry does not say so",
            recoverySuggestion: "add to the entry at that line: objectiveSupport: { _, _ in [.selection, .interests] }",
            at: site)
    }

    private func check(
        _ name: String?, as argument: String, is embedding: Embedding?, _ layout: ParameterLayout
    ) throws(ModelError) {
        let actual = embedding.map { layout.specifications[$0.table.index].name }
        guard actual != name else { return }
        throw ModelError(
            "RecommenderEntry",
            "\(argument) of \(self.name) is \(name ?? "nil"), and the model has \(actual ?? "no such table")",
            recoverySuggestion: "write in the entry at that line: \(argument): \(actual.map { "\"\($0)\"" } ?? "nil")",
            at: site)
    }
}
