import Differentiation

extension RecommenderEntry {
    /// Throws where a model that the entry has made has a mistake, or is not what the entry says of it.
    ///
    /// The trainer asks the entry for the names of tables where it has no model yet, for the ids in a file of parameters.
    /// Here they are compared with those of the model.
    ///
    /// - Parameter layout: where it has registered its parameters.
    public func check(_ model: any Recommender, _ layout: ParameterLayout) throws(ModelError) {
        try model.check(layout)
        try check(tensors.items, as: "items", is: model.items, layout)
        try check(tensors.users, as: "users", is: model.users, layout)
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
