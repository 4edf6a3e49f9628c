import Interactions
import MPI
import Reporting
import Training

/// What is asked for: with which model, which items, and where the answers go.
public struct RecommendationRequest: Sendable {
    /// The folder of a run.
    public var checkpoint: String
    /// The folder of data sets, where that is not the one of the training.
    public var dataRoot: String?
    /// The data set's folder in it, where that is not the one of the training.
    public var dataset: String?
    /// Items of a user.
    public var top = 20
    /// Whether items of a user's history may be found again.
    public var includesSeen = false
    /// The file of the items that may be found; nil: all of them.
    public var allowed: String?
    /// The file of items that may not be found; nil: there are none.
    public var banned: String?
    /// The weight of ``SearchOptions/Diversity``, and the file of categories.
    public var diversity: (weight: Double, categories: String)?
    /// Whether each answer says which interest found an item.
    public var namesInterests = false
    /// The file of the answers; nil: standard output.
    public var output: String?

    /// The 20 best items of a user, without those of the history, on standard output.
    ///
    /// - Parameter checkpoint: the folder of a run.
    public init(checkpoint: String) { self.checkpoint = checkpoint }

    /// The model, with the data set that is asked for. Collective.
    func stored(world: Communicator) throws -> StoredModel {
        try world.collectively {
            if let output { try ProtectedFolders.refuse(file: output) }
            let stored = try StoredModel(run: checkpoint)
            guard dataRoot != nil || dataset != nil else { return stored }
            var configuration = stored.configuration
            configuration.dataRoot = dataRoot ?? configuration.dataRoot
            configuration.dataset = dataset ?? configuration.dataset
            return try StoredModel(file: stored.path, configuration)
        }
    }

    /// The model with its parameters, and what looks for items. Collective.
    func search(
        in stored: StoredModel, with statistics: TrainStatistics, world: Communicator, console: Console
    ) throws -> ItemSearch {
        let options = try world.collectively { try self.options(for: stored.itemIds, console) }
        let byteCount = try world.collectively { try TrainedModel.byteCount(stored, with: statistics) }
        try MemoryNeed.check(MemoryNeed(own: byteCount), of: "parameters", world: world)
        let search = try world.collectively { try ItemSearch(try TrainedModel(stored, with: statistics), options) }
        if search.top < top {
            console.warning(
                "--top \(top) is more than the \(NumberText.grouped(search.candidateCount)) items that can be recommended\n"
                    + "all of them are listed for each user")
        }
        return search
    }

    private func options(for items: Vocabulary, _ console: Console) throws(DatasetError) -> SearchOptions {
        var options = SearchOptions(top: top)
        options.includesSeen = includesSeen
        options.namesInterests = namesInterests
        func tell(_ unknown: Int, _ path: String, _ consequence: String) {
            guard unknown > 0 else { return }
            console.warning(
                "\(path): lines that name no item that the model knows: \(NumberText.grouped(unknown))\n\(consequence)")
        }
        if let path = allowed {
            let list = try ItemLists.items(in: path, of: items)
            tell(list.unknown, path, "they are passed over: the model has no vector for what it was not trained on")
            options.allowed = list.items
        }
        if let path = banned {
            let list = try ItemLists.items(in: path, of: items)
            tell(list.unknown, path, "they are passed over: such an item is never recommended")
            options.banned = list.items
        }
        if let diversity {
            let list = try ItemLists.categories(in: diversity.categories, of: items)
            tell(list.unknown, diversity.categories, "they are passed over: such an item is never recommended")
            let missing = list.categories.dropFirst().count { $0 == 0 }
            if missing > 0 {
                console.warning(
                    "\(diversity.categories): items without a category there: \(NumberText.grouped(missing)) of "
                        + "\(NumberText.grouped(items.count))\neach of them counts as a category of its own")
            }
            options.diversity = SearchOptions.Diversity(weight: diversity.weight, categories: list.categories)
        }
        return options
    }
}
