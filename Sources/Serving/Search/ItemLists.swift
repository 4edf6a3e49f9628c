import Interactions
import Reporting

/// Files about items.
enum ItemLists {
    /// The items of a file, one id a line, and how many lines name none that the model knows.
    static func items(in path: String, of vocabulary: Vocabulary) throws(DatasetError) -> (items: [Int32], unknown: Int)
    {
        var items: [Int32] = []
        var unknown = 0
        try TextLines.forEach(in: path) { (_, text) throws(DatasetError) in
            if let item = vocabulary.number(ofText: text) { items.append(item) } else { unknown += 1 }
        }
        return (items, unknown)
    }

    /// The category of each item of a file of lines `item TAB category`, 0 for items that are not in it.
    ///
    /// - Returns: `[vocabulary.count + 1]` categories, numbered from 1, and how many lines name no item that the model
    ///   knows.
    static func categories(
        in path: String, of vocabulary: Vocabulary
    ) throws(DatasetError) -> (categories: [Int32], unknown: Int) {
        var categories = [Int32](repeating: 0, count: vocabulary.count + 1)
        var lines = [Int](repeating: 0, count: vocabulary.count + 1)
        var numbers: [Substring: Int32] = [:]
        var unknown = 0
        try TextLines.forEach(in: path) { (line, text) throws(DatasetError) in
            let fields = text.split(separator: "\t", omittingEmptySubsequences: false)
            guard fields.count == 2, !fields[0].isEmpty, !fields[1].isEmpty else {
                throw DatasetError(
                    .invalid, file: path, line: line,
                    problem: "\(NumberText.counted(fields.count, "columns")) instead of an item and a category",
                    recoverySuggestion: "write `item TAB category` in each line, and each item once")
            }
            guard let item = vocabulary.number(ofText: String(fields[0])) else {
                // The first line may say what the columns are.
                if line > 1 || !["item", "item_id"].contains(fields[0]) { unknown += 1 }
                return
            }
            guard lines[Int(item)] == 0 else {
                throw DatasetError(
                    .invalid, file: path, line: line,
                    problem: "item \(fields[0].prefix(100)) has a category in line \(lines[Int(item)]) already",
                    recoverySuggestion: "write each item once")
            }
            lines[Int(item)] = line
            categories[Int(item)] = numbers[fields[1]] ?? Int32(numbers.count + 1)
            numbers[fields[1]] = categories[Int(item)]
        }
        return (categories, unknown)
    }
}
