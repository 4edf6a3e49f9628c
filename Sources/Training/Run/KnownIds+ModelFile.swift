import Differentiation
import Interactions
import ModelFiles
import Recommenders

extension KnownIds {
    /// The items, and users if it has a table of them, that the model of a file knows.
    package init(
        of entry: RecommenderEntry, _ configuration: TrainingConfiguration, in file: SafetensorsFile
    ) throws {
        // Only the names of the tables are of interest in this one.
        let layout = ParameterLayout()
        let sketch = entry.model(
            ModelContext(configuration.options, stage: configuration.stage, userCount: 1, itemCount: 1),
            in: layout.root)
        func ids(_ table: Embedding, _ idName: String) throws -> Vocabulary {
            let name = layout.specifications[table.table.index].name
            guard let rows = file[name]?.shape.first, rows > 1 else {
                throw TrainingError(
                    .data, "\(file.path): there is no tensor \(name)",
                    recoverySuggestion: "the file belongs to another model: name it with --model and --stage")
            }
            return try ModelFile.ids(idName, in: file, rows: rows)
        }
        self.init(
            users: try sketch.users.map { try ids($0, ModelFile.userIds) },
            items: try ids(sketch.items, ModelFile.itemIds))
    }
}
