import Interactions
import ModelFiles
import Recommenders

extension KnownIds {
    /// The items, and users if it has a table of them, that the model of a file knows.
    package init(of entry: RecommenderEntry, in file: SafetensorsFile) throws {
        func ids(_ idName: String, ofTable table: String) throws -> Vocabulary {
            guard let rows = file[table]?.shape.first, rows > 1 else {
                throw TrainingError(
                    .data, "\(file.path): there is no tensor \(table)",
                    recoverySuggestion: "the file belongs to another model: name it with --model and --stage")
            }
            return try ModelFile.ids(idName, in: file, rows: rows)
        }
        self.init(
            users: try entry.tensors.users.map { try ids(ModelFile.userIds, ofTable: $0) },
            items: try ids(ModelFile.itemIds, ofTable: entry.tensors.items))
    }
}
