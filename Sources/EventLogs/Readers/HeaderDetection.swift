import Interactions

/// Whether the first line of a table names its columns.
struct HeaderDetection {
    let log: LogBeginning
    let rows: [[[UInt8]]]
    /// The fields of the first line.
    let names: [String]
    let request: LogRequest

    func hasHeader() throws(DatasetError) -> Bool {
        if let hasHeader = request.hasHeader { return hasHeader }
        let asked = [
            request.userColumn, request.itemColumn, request.timeColumn, request.kindColumn, request.ratingColumn,
        ]
        .compactMap { $0 }.filter { $0 != TableColumns.none }
        // Who names a column expects a header, and is told where it lacks the name.
        if asked.contains(where: { Int($0) == nil || names.contains($0) }) { return true }
        let roles = names.compactMap(ColumnRole.role(of:))
        if roles.contains(.user), roles.contains(.item) { return true }
        var isHeader = false
        for (column, field) in rows[0].enumerated() {
            let others = rows.dropFirst().compactMap { $0.count > column ? $0[column] : nil }.filter { !$0.isEmpty }
            guard !others.isEmpty, others.allSatisfy(Self.isNumberOrTime) else { continue }
            // A header has no number above a column of numbers.
            if Self.isNumberOrTime(field) { return false }
            isHeader = true
        }
        guard !isHeader else { return true }
        throw log.failure(
            "whether the first line is a header is not clear: \(log.lines[0].withUnsafeBytes { $0.quoted })",
            "choose --header yes or --header no, and name columns with --user-column and --item-column")
    }

    private static func isNumberOrTime(_ field: [UInt8]) -> Bool {
        field.withUnsafeBytes { $0.rating != nil || ISOTime($0) != nil }
    }
}

/// What a column is for.
enum ColumnRole: CaseIterable {
    case user, item, time, kind, rating

    /// The option that names the column.
    var option: String {
        switch self {
        case .user: "--user-column"
        case .item: "--item-column"
        case .time: "--time-column"
        case .kind: "--event-column"
        case .rating: "--rating-column"
        }
    }

    /// As users call it.
    var text: String {
        switch self {
        case .user: "user"
        case .item: "item"
        case .time: "time"
        case .kind: "event"
        case .rating: "rating"
        }
    }

    /// Names that columns of logs have, in small letters without anything else.
    private var names: Set<String> {
        switch self {
        case .user:
            ["user", "userid", "uid", "customer", "customerid", "reviewerid", "visitorid", "clientid", "memberid"]
        case .item:
            [
                "item", "itemid", "iid", "movieid", "product", "productid", "sku", "asin", "parentasin", "articleid",
                "trackid", "bookid", "businessid", "gmapid", "videoid",
            ]
        case .time:
            [
                "time", "timestamp", "ts", "date", "datetime", "eventtime", "unixreviewtime", "createdat",
                "eventtimestamp",
                "tdat",
            ]
        case .kind:
            ["event", "eventtype", "eventname", "behaviour", "behavior", "behaviortype", "behaviourtype", "action"]
        case .rating: ["rating", "overall", "score", "stars"]
        }
    }

    /// The role of a column of that name; nil for other names.
    static func role(of name: String) -> ColumnRole? {
        let bare = String(name.lowercased().unicodeScalars.filter { ("a"..."z").contains($0) })
        return allCases.first { $0.names.contains(bare) }
    }
}
