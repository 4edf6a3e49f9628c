import KernelCore

/// What tells one data set from another, or from a later version of itself: sizes, and a checksum of what each part
/// holds, in the order of the file. The name, the folder and the format do not count.
///
/// Where ids have holes their checksum is part of it, and the numbers of the parts are not ids.
public struct DatasetFingerprint: Sendable, Hashable, Codable {
    /// One of train, dev and test.
    public struct Part: Sendable, Hashable, Codable {
        /// The number of rows.
        public let interactions: Int
        /// CRC-32C over the numbers of users and items, times and negatives.
        public let checksum: UInt32

        init(_ table: InteractionTable) {
            interactions = table.count
            checksum = Checksum.of([
                table.users.checksum, table.items.checksum, table.times.checksum, table.negatives.checksum,
            ])
        }

        private enum CodingKeys: String, CodingKey {
            case interactions
            case checksum = "crc32c"
        }
    }

    /// The number of users.
    public let users: Int
    /// The number of items.
    public let items: Int
    /// What is in train.
    public let train: Part
    /// What is in dev.
    public let dev: Part
    /// What is in test.
    public let test: Part
    /// CRC-32C over the ids of users and items; nil where each is its own number.
    public let ids: UInt32?

    private enum CodingKeys: String, CodingKey {
        case users, items, train, dev, test
        case ids = "ids_crc32c"
    }

    /// Goes through all columns once.
    public init(_ dataset: InteractionDataset) {
        users = dataset.userCount
        items = dataset.itemCount
        train = Part(dataset.train)
        dev = Part(dataset.dev)
        test = Part(dataset.test)
        let vocabularies = [dataset.userIds, dataset.itemIds]
        ids = vocabularies.allSatisfy(\.isNumbered) ? nil : Checksum.of(vocabularies.map(\.checksum))
    }

    /// One number for all of it.
    public var checksum: UInt32 {
        Checksum.of([
            UInt32(truncatingIfNeeded: users), UInt32(truncatingIfNeeded: items), train.checksum, dev.checksum,
            test.checksum, ids ?? 0,
        ])
    }

    /// What is different in `other`, one sentence each; empty where they are equal.
    public func differences(from other: DatasetFingerprint) -> [String] {
        var result: [String] = []
        if users != other.users { result.append("\(users) users instead of \(other.users)") }
        if items != other.items { result.append("\(items) items instead of \(other.items)") }
        if result.isEmpty, ids != other.ids { result.append("other ids of users or items, as many as before") }
        for (name, own, before) in [
            ("train", train, other.train), ("dev", dev, other.dev), ("test", test, other.test),
        ] where own != before {
            result.append(
                own.interactions != before.interactions
                    ? "\(name) has \(own.interactions) interactions instead of \(before.interactions)"
                    : "\(name) has other interactions than before, as many as before")
        }
        return result
    }
}

extension Column {
    /// CRC-32C of the elements as they lie in memory.
    fileprivate var checksum: UInt32 {
        withUnsafeBufferPointer { elements in
            var checksum = Checksum()
            checksum.update(elements)
            return checksum.value
        }
    }
}
