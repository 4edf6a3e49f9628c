extension InteractionDataset {
    /// All of a data set but its columns: with these it can be made again in another process.
    public struct Header: Sendable, Codable {
        struct Table: Codable {
            let file: String
            let count: Int
            let negativesCount: Int
            let negativesPerRow: Int?
            let largestUser: InteractionTable.Largest
            let largestItem: InteractionTable.Largest
        }

        let name: String
        let folder: String
        let userCount: Int
        let itemCount: Int
        let negativesPerRow: Int?
        let hasTimes: Bool
        let train: Table
        let dev: Table
        let test: Table
    }

    public var header: Header {
        Header(
            name: name, folder: folder, userCount: userCount, itemCount: itemCount, negativesPerRow: negativesPerRow,
            hasTimes: hasTimes, train: train.header, dev: dev.header, test: test.header)
    }

    /// Calls `ids` and `times` with the columns of the tables.
    public func forEachColumn(ids: ([Int32]) throws -> Void, times: ([Int64]) throws -> Void) rethrows {
        for table in [train, dev, test] {
            for column in [table.users, table.items, table.negatives] { try ids(column) }
            try times(table.times)
        }
    }

    /// The data set of which `header` tells all but the columns.
    ///
    /// - Parameters:
    ///   - ids: gives the columns that ``forEachColumn(ids:times:)`` calls its `ids` with, one after the other.
    ///   - times: the same of its `times`.
    public init(
        _ header: Header, ids: (_ count: Int) throws -> [Int32], times: (_ count: Int) throws -> [Int64]
    ) rethrows {
        name = header.name
        folder = header.folder
        userCount = header.userCount
        itemCount = header.itemCount
        negativesPerRow = header.negativesPerRow
        hasTimes = header.hasTimes
        train = try InteractionTable(header.train, ids: ids, times: times)
        dev = try InteractionTable(header.dev, ids: ids, times: times)
        test = try InteractionTable(header.test, ids: ids, times: times)
    }
}

extension InteractionTable {
    fileprivate var header: InteractionDataset.Header.Table {
        InteractionDataset.Header.Table(
            file: file, count: count, negativesCount: negatives.count, negativesPerRow: negativesPerRow,
            largestUser: largestUser, largestItem: largestItem)
    }

    fileprivate init(
        _ header: InteractionDataset.Header.Table, ids: (Int) throws -> [Int32], times: (Int) throws -> [Int64]
    ) rethrows {
        file = header.file
        users = try ids(header.count)
        items = try ids(header.count)
        negatives = try ids(header.negativesCount)
        self.times = try times(header.count)
        negativesPerRow = header.negativesPerRow
        largestUser = header.largestUser
        largestItem = header.largestItem
    }
}
