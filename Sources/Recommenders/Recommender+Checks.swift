import Differentiation
import Interactions

extension Recommender {
    /// Throws where the model has registered parameters that cannot be, or a graph that is not that of its tables.
    ///
    /// - Parameter layout: where the model has registered its parameters.
    public func check(_ layout: ParameterLayout) throws(ModelError) {
        if let error = layout.error { throw error }
        try propagation?.check(layout)
    }

    /// The query vectors of each user of the batch, for scoring; nil after a mistake of the model, which is the tape's
    /// ``Differentiation/Tape/error`` then.
    public func checkedQueries(of batch: PackedBatch, on tape: Tape) -> Interests? {
        let queries = queries(of: batch, on: tape)
        return tape.accepts(queries, for: batch, in: items) ? queries : nil
    }
}

extension Tape {
    /// Whether there are vectors for each target of a batch, of the size of the items.
    func accepts(_ interests: Interests, for batch: PackedBatch, in items: Embedding) -> Bool {
        let (vectors, perUser, attention) = (interests.vectors, interests.perUser, interests.attention)
        let total = batch.histories.total
        return accepts(
            "Interests", at: interests.site,
            perUser > 0 && vectors.rows == batch.targetCount * perUser && vectors.columns == items.table.columns
                && (attention.map { $0.rows == total && $0.columns == perUser } ?? true),
            "the vectors are \(vectors.shape) with \(perUser) a user"
                + (attention.map { ", their attention \($0.shape)" } ?? "")
                + ", for \(batch.targetCount) users with \(total) items in their histories and items \(items.table.shape): "
                + "[users * perUser, columns of the items]\(attention == nil ? "" : " and [items, perUser]") are needed"
        )
    }

    /// Whether there is one vector for each target of a batch, of the size of the items.
    func accepts(
        users: Variable, _ what: StaticString, for batch: PackedBatch, in items: Embedding, at site: ModelSite
    ) -> Bool {
        accepts(
            what, at: site, users.rows == batch.targetCount && users.columns == items.table.columns,
            "the vectors are \(users.shape), for \(batch.targetCount) users and items \(items.table.shape): "
                + "a vector for each user, of the columns of the items, is needed")
    }
}
