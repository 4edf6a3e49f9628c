/// The content of the sections of a store, as bytes.
struct StoreSections {
    private let dataset: InteractionDataset
    private let provenance: [UInt8]
    private let users: (wide: [Int64], bytes: [UInt8])
    private let items: (wide: [Int64], bytes: [UInt8])

    init(_ dataset: InteractionDataset, provenance: String) {
        self.dataset = dataset
        self.provenance = Array(provenance.utf8)
        let tables = [dataset.train, dataset.dev, dataset.test]
        let entries = tables.reduce(0) { $0 + $1.count + $1.negatives.count }
        users = Self.columns(of: dataset.userIds, entries: entries)
        items = Self.columns(of: dataset.itemIds, entries: entries)
    }

    /// What is written of ids.
    ///
    /// - Parameter entries: interactions and negatives. Of more ids each is listed, so that a reader never believes in a
    ///   number of them that the file does not justify.
    private static func columns(of ids: Vocabulary, entries: Int) -> (wide: [Int64], bytes: [UInt8]) {
        ids.isNumbered && ids.count > entries ? (ids.wholeNumbers, []) : ids.columns
    }

    /// Calls `body` with the content of a section.
    func withBytes<Result>(
        _ section: StoreHeader.Section, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        func column<Element>(_ column: Column<Element>) throws -> Result {
            try column.withUnsafeBufferPointer { try body(UnsafeRawBufferPointer($0)) }
        }
        func wide(_ ids: Vocabulary, _ values: [Int64], asText: Bool) throws -> Result {
            try ((ids.names != nil) == asText ? values : []).withUnsafeBytes(body)
        }
        switch section {
        case .provenance: return try provenance.withUnsafeBytes(body)
        case .userIds: return try wide(dataset.userIds, users.wide, asText: false)
        case .userOffsets: return try wide(dataset.userIds, users.wide, asText: true)
        case .userBytes: return try users.bytes.withUnsafeBytes(body)
        case .itemIds: return try wide(dataset.itemIds, items.wide, asText: false)
        case .itemOffsets: return try wide(dataset.itemIds, items.wide, asText: true)
        case .itemBytes: return try items.bytes.withUnsafeBytes(body)
        case .trainUsers: return try column(dataset.train.users)
        case .trainItems: return try column(dataset.train.items)
        case .trainTimes: return try column(dataset.train.times)
        case .devUsers: return try column(dataset.dev.users)
        case .devItems: return try column(dataset.dev.items)
        case .devTimes: return try column(dataset.dev.times)
        case .devNegatives: return try column(dataset.dev.negatives)
        case .testUsers: return try column(dataset.test.users)
        case .testItems: return try column(dataset.test.items)
        case .testTimes: return try column(dataset.test.times)
        case .testNegatives: return try column(dataset.test.negatives)
        }
    }
}
