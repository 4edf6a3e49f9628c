extension InteractionDataset {
    /// All of a data set but its columns: with these it can be made again in another process.
    public struct Header: Sendable, Codable {
        struct Table: Codable {
            let file: String
            let count: Int
            let negativesCount: Int
            let negativesPerRow: Int?
        }

        /// A ``Vocabulary`` without its ids.
        struct IdColumn: Codable {
            let count: Int
            /// How many numbers of 64 bits there are to hand over: ids, or the offsets of ids that are text.
            let wideCount: Int
            /// The bytes of ids that are text; nil where they are numbers.
            let byteCount: Int?

            init(_ vocabulary: Vocabulary) {
                count = vocabulary.count
                wideCount = vocabulary.columns.wide.count
                byteCount = vocabulary.names?.bytes.count
            }
        }

        let name: String
        let folder: String
        let users: IdColumn
        let items: IdColumn
        let negativesPerRow: Int?
        let hasTimes: Bool
        let warnings: [String]
        /// The file of which the columns can be mapped instead of being handed over; nil where they are in memory only.
        let origin: StoreOrigin?
        let train: Table
        let dev: Table
        let test: Table
    }

    /// What another process needs beside the columns; where ``Header/isMapped`` is true it needs nothing else.
    public var header: Header {
        Header(
            name: name, folder: folder, users: Header.IdColumn(userIds), items: Header.IdColumn(itemIds),
            negativesPerRow: negativesPerRow, hasTimes: hasTimes, warnings: warnings, origin: origin,
            train: train.header,
            dev: dev.header, test: test.header)
    }

    /// Calls `numbers` and `wide` with the columns of the tables, and `bytes` with ids that are text: other ids and times
    /// have 64 bits.
    public func forEachColumn(
        numbers: (UnsafeBufferPointer<Int32>) throws -> Void, wide: (UnsafeBufferPointer<Int64>) throws -> Void,
        bytes: (UnsafeBufferPointer<UInt8>) throws -> Void
    ) rethrows {
        for vocabulary in [userIds, itemIds] {
            let columns = vocabulary.columns
            try columns.wide.withUnsafeBufferPointer(wide)
            try columns.bytes.withUnsafeBufferPointer(bytes)
        }
        for table in [train, dev, test] {
            for column in [table.users, table.items, table.negatives] {
                try column.withUnsafeBufferPointer(numbers)
            }
            try table.times.withUnsafeBufferPointer(wide)
        }
    }

    /// The data set of which `header` tells all but the columns.
    ///
    /// - Parameters:
    ///   - numbers: gives the columns that ``forEachColumn(numbers:wide:bytes:)`` calls its `numbers` with, one after the
    ///     other.
    ///   - wide: the same of its `wide`.
    ///   - bytes: the same of its `bytes`.
    public init(
        _ header: Header, numbers: (_ count: Int) throws -> [Int32], wide: (_ count: Int) throws -> [Int64],
        bytes: (_ count: Int) throws -> [UInt8]
    ) rethrows {
        name = header.name
        folder = header.folder
        userIds = try Vocabulary(header.users, wide: wide, bytes: bytes)
        itemIds = try Vocabulary(header.items, wide: wide, bytes: bytes)
        negativesPerRow = header.negativesPerRow
        hasTimes = header.hasTimes
        warnings = header.warnings
        origin = nil
        train = try InteractionTable(header.train, numbers: numbers, wide: wide)
        dev = try InteractionTable(header.dev, numbers: numbers, wide: wide)
        test = try InteractionTable(header.test, numbers: numbers, wide: wide)
    }
}

extension InteractionDataset.Header {
    /// Whether ``InteractionDataset/init(mapping:)`` gives the data set.
    public var isMapped: Bool { origin != nil }
}

extension InteractionDataset {
    /// The data set of which `header` tells, from the store that it was read from by another process of this machine,
    /// which has checked the columns. Copies none of them.
    public init(mapping header: Header) throws(DatasetError) {
        guard let origin = header.origin else { preconditionFailure("the columns are in no store") }
        let store = try StoreFile(path: origin.path)
        guard store.origin == origin else {
            throw DatasetError(
                .invalid, file: origin.path, problem: "it was replaced while it was being read",
                recoverySuggestion: "start again when it is complete")
        }
        let split = try store.contents(isTrusted: true)
        name = header.name
        folder = header.folder
        userIds = split.userIds
        itemIds = split.itemIds
        negativesPerRow = header.negativesPerRow
        hasTimes = header.hasTimes
        warnings = header.warnings
        self.origin = origin
        train = split.train
        dev = split.dev
        test = split.test
    }
}

extension Vocabulary {
    /// What stands for the ids where they are written or handed over: nothing where each is its own number.
    var columns: (wide: [Int64], bytes: [UInt8]) {
        switch ids {
        case .numbered: ([], [])
        case .listed(let listed): (listed, [])
        case .named(let names): (names.offsets, names.bytes)
        }
    }

    fileprivate init(
        _ header: InteractionDataset.Header.IdColumn, wide: (Int) throws -> [Int64], bytes: (Int) throws -> [UInt8]
    ) rethrows {
        let wide = try wide(header.wideCount)
        let bytes = try bytes(header.byteCount ?? 0)
        if header.byteCount != nil {
            self = .named(NamedIds(trusted: bytes, offsets: wide))
        } else {
            self.init(wide.isEmpty ? .numbered(header.count) : .listed(wide))
        }
    }
}

extension InteractionTable {
    fileprivate var header: InteractionDataset.Header.Table {
        InteractionDataset.Header.Table(
            file: file, count: count, negativesCount: negatives.count, negativesPerRow: negativesPerRow)
    }

    fileprivate init(
        _ header: InteractionDataset.Header.Table, numbers: (Int) throws -> [Int32], wide: (Int) throws -> [Int64]
    ) rethrows {
        file = header.file
        users = Column(try numbers(header.count))
        items = Column(try numbers(header.count))
        negatives = Column(try numbers(header.negativesCount))
        times = Column(try wide(header.count))
        negativesPerRow = header.negativesPerRow
    }
}
