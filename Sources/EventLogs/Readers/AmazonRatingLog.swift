import Interactions

/// Ratings of Amazon without a header: `user,item,rating,time` (2014) or `item,user,rating,time` (2018). No line says
/// which: the ids tell it. An item is ten capital letters and digits, `B00...` or the ISBN of a book; a user is longer and
/// begins with `A`.
package struct AmazonRatingLog: EventLogReader {
    /// The value of `--reader` for the CSV files of ratings alone.
    package static let name = "amazon-ratings"
    /// The columns of both years.
    package static let summary = "Amazon ratings: user,item,rating,time (2014) or item,user,rating,time (2018)"

    let table: EventTable

    /// The year that the columns are of, then what was found out about the table.
    package var findings: [String] {
        [table.layout.user == 0 ? "columns of 2014, by the ids" : "columns of 2018, by the ids"] + table.findings
    }
    /// How the fourth column is written.
    package var timeFormat: TimeFormat? { table.timeFormat }
    /// True: the third column is one.
    package var hasRatings: Bool { true }

    /// Takes four columns with commas of which the third is a rating, where the ids of the first two look like
    /// Amazon's.
    ///
    /// - Throws: where the ids speak for both orders, or the form of times is not clear.
    package static func recognize(_ log: LogBeginning, _ request: LogRequest) throws(DatasetError) -> AmazonRatingLog? {
        let rows = try log.fields(.byte(0x2c))
        guard let first = rows.first, first.count == 4,
            first[2].withUnsafeBytes({ $0.rating }).map({ 0...10 ~= $0 }) == true
        else { return nil }
        let complete = rows.filter { $0.count == 4 }
        let likeUsers = (0...1).map { column in complete.count { isUser($0[column]) } }
        let likeItems = (0...1).map { column in complete.count { isItem($0[column]) } }
        guard (likeUsers[0] > 0 && likeItems[1] > 0) || (likeUsers[1] > 0 && likeItems[0] > 0) else { return nil }
        // A user may look like an item now and then, and the other way round; both orders at a time are not clear.
        let isOf2014 = likeUsers[0] + likeItems[1] > 4 * (likeUsers[1] + likeItems[0])
        let isOf2018 = likeUsers[1] + likeItems[0] > 4 * (likeUsers[0] + likeItems[1])
        guard isOf2014 != isOf2018 else {
            throw log.failure(
                "whether the user or the item comes first is not clear",
                "choose --user-column 1 --item-column 2 --rating-column 3 --time-column 4, or the other way round")
        }
        let layout = ColumnLayout(user: isOf2014 ? 0 : 1, item: isOf2014 ? 1 : 0, time: 3, rating: 2, width: 4)
        var table = EventTable(
            separator: .byte(0x2c), quoting: .none, header: nil, layout: layout, timeFormat: nil)
        table.timeFormat = try table.timeFormat(rows, log, request)
        return AmazonRatingLog(table: table)
    }

    private static func isCapitalOrDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte || 0x41...0x5a ~= byte }

    private static func isItem(_ id: [UInt8]) -> Bool {
        guard id.count == 10, id.allSatisfy(isCapitalOrDigit) else { return false }
        return id[0] == 0x42 || id.dropLast().allSatisfy { 0x30...0x39 ~= $0 }
    }

    private static func isUser(_ id: [UInt8]) -> Bool {
        id.count >= 11 && id.count <= 24 && id[0] == 0x41 && id.allSatisfy(isCapitalOrDigit)
    }

    /// Reads each line as an event.
    ///
    /// - Returns: a warning where times are finer than they are stored.
    /// - Throws: at a line of another width, without a time, or with a rating that is no number.
    package func read(_ path: String, into collector: inout EventCollector) throws(DatasetError) -> [String] {
        try table.read(path, into: &collector)
    }
}
