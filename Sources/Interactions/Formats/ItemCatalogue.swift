/// `item_meta.csv` beside the interactions, plain or gzip, separated by TAB: its column `item_id` names every item that
/// there is.
enum ItemCatalogue {
    static let name = "item_meta.csv"

    /// The numbering for the items of a folder: any where there is no catalogue, otherwise those that it lists.
    static func numbering(
        _ folder: DatasetFolder, _ known: KnownIds, _ columns: inout UnreadColumns
    ) throws(DatasetError) -> IdNumbering {
        guard let path = try folder.file(name) else { return known.itemNumbering }
        var listed = IdNumbering(.item)
        var numbering = known.itemNumbering
        var reader = try LineReader(path: path)
        let header = try TableHeader(&reader, required: ["item_id"])
        let column = try header.column("item_id", reader)
        columns.note(header.names, of: path, except: ["item_id"])
        while let line = try reader.nextNonBlank() {
            var rest: UnsafeRawBufferPointer? = line
            var field: UnsafeRawBufferPointer?
            for index in 0...column {
                field = UnsafeRawBufferPointer.nextField(of: &rest, separator: 0x09)
                if field == nil { throw header.tooFewColumns(reader, index, needed: column + 1) }
            }
            try header.requireEnd(of: rest, after: column + 1, reader)
            guard let field else { break }
            // Refuses what a model does not know.
            _ = try reader.number(field, "item_id", &numbering)
            _ = try reader.number(field, "item_id", &listed)
        }
        let catalogue = listed.finished().vocabulary
        guard catalogue.count > 0 else {
            throw DatasetError(
                .invalid, file: path, problem: "the catalogue has no item",
                recoverySuggestion: "list every item, or remove the file: then the items of the interactions count")
        }
        return IdNumbering(.item, by: known.items ?? catalogue, allowing: catalogue, authority: .catalogue(path))
    }
}
