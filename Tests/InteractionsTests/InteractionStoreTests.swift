import Foundation
import Interactions
import KernelCore
import Testing

/// `interactions.facet`, and what is refused instead of one.
@Suite struct InteractionStoreTests {
    /// A data set in a store of its own.
    private static func stored(_ dataset: InteractionDataset, provenance: String = "{}") throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try InteractionStore.write(dataset, to: folder.file(InteractionStore.fileName), provenance: provenance)
        return folder
    }

    private static func named() throws -> InteractionDataset {
        let train = InteractionTable(
            file: "shop", users: [2, 1, 1, 2, 3], items: [1, 2, 3, 3, 1], times: [-5, 2, 3, 4, .max], negatives: [],
            negativesPerRow: nil)
        let test = InteractionTable(
            file: "shop", users: [1, 2], items: [4, 2], times: [9, 8], negatives: [1, 2, 4, 5], negativesPerRow: 2)
        return try InteractionDataset(
            name: "shop", users: .named(try NamedIds(["eve", "bob", "zoë"])),
            items: .named(try NamedIds(["sku-9", "7", "07", "日本", "never taken"])), train: train,
            dev: InteractionTable(file: "shop"), test: test, hasTimes: true)
    }

    private static func expectSame(_ one: InteractionDataset, _ other: InteractionDataset) {
        #expect(one.userIds == other.userIds && one.itemIds == other.itemIds)
        #expect(one.hasTimes == other.hasTimes && one.negativesPerRow == other.negativesPerRow)
        #expect(DatasetFingerprint(one) == DatasetFingerprint(other))
        for (own, before) in [(one.train, other.train), (one.dev, other.dev), (one.test, other.test)] {
            #expect(own.users == before.users && own.items == before.items && own.times == before.times)
            #expect(own.negatives == before.negatives && own.negativesPerRow == before.negativesPerRow)
        }
    }

    @Test func `a store holds what was read from files, in the same order`() throws {
        let tables = try ReChorusFiles().write().load()
        let text = try TemporaryFolder()
        try text.write("data.txt", "5 10\n5 30\n7 10\n5 20\n9000000000 10\n7 30\n7 20\n")
        for dataset in [tables, try text.load(), try Self.named()] {
            let folder = try Self.stored(dataset)
            let again = try folder.load()
            Self.expectSame(again, dataset)
            #expect(again.warnings == [] && again.name == folder.path.split(separator: "/").last.map(String.init))
            // And once more from a store: the same bytes.
            #expect(
                try Self.stored(again).bytes(InteractionStore.fileName) == folder.bytes(InteractionStore.fileName))
        }
    }

    @Test func `what a rank keeps of a store is what it keeps of the files`() throws {
        let dataset = try ReChorusFiles().write().load()
        let (shards, store) = try dataset.wholeStore(shards: 2)
        let (otherShards, other) = try Self.stored(dataset).load().wholeStore(shards: 2)
        #expect(store.users == other.users && store.items == other.items && store.times == other.times)
        #expect(store.trainItems == other.trainItems && shards.sampledUsers == otherShards.sampledUsers)
        let (rows, same) = (
            EvaluationRows(store: store, kind: .sequential, shard: 0, split: .test, historyMax: 0),
            EvaluationRows(store: other, kind: .sequential, shard: 0, split: .test, historyMax: 0)
        )
        let (batch, otherBatch) = (PackedBatch(), PackedBatch())
        rows.fill(batch, 0..<rows.count)
        same.fill(otherBatch, 0..<same.count)
        #expect(batch.historyArrays == otherBatch.historyArrays && batch.candidateArrays == otherBatch.candidateArrays)
    }

    @Test func `another process maps what one has read`() throws {
        let folder = try Self.stored(try Self.named())
        let dataset = try folder.load()
        #expect(dataset.header.isMapped)
        let header = try JSONDecoder().decode(
            InteractionDataset.Header.self, from: try JSONEncoder().encode(dataset.header))
        Self.expectSame(try InteractionDataset(mapping: header), dataset)
        #expect(try !Self.named().header.isMapped)
        // Another store in its place is not taken for it.
        try InteractionStore.write(
            try ReChorusFiles().write().load(), to: folder.file(InteractionStore.fileName))
        let error = #expect(throws: DatasetError.self) { try InteractionDataset(mapping: header) }
        #expect(error?.description.contains("it was replaced while it was being read") == true)
        // Who has mapped the old one keeps it.
        #expect(dataset.train.times == [-5, 2, 3, 4, .max])
    }

    @Test func `more items than entries are listed, and are numbers again when they are read`() throws {
        let tables = try ReChorusFiles().write().load()
        let dataset = try InteractionDataset(
            name: "wide", users: tables.userIds, items: .numbered(500), train: tables.train, dev: tables.dev,
            test: tables.test, hasTimes: true)
        let again = try Self.stored(dataset).load()
        #expect(again.itemIds == .numbered(500))
        Self.expectSame(again, dataset)
    }

    @Test func `a store is read with the numbers of a model, which must know all of its ids`() throws {
        let folder = try Self.stored(try Self.named())
        let dataset = try folder.load()
        let model = Vocabulary.named(try NamedIds(["new", "never taken", "日本", "sku-9", "07", "7"]))
        let known = try InteractionDataset.load(folder: folder.path, known: KnownIds(items: model))
        #expect(known.itemIds == model && known.userIds == dataset.userIds && !known.header.isMapped)
        #expect(known.train.items.map(model.text(of:)) == dataset.train.items.map(dataset.itemIds.text(of:)))
        #expect(known.test.negatives.map(model.text(of:)) == dataset.test.negatives.map(dataset.itemIds.text(of:)))
        let same = try InteractionDataset.load(
            folder: folder.path, known: KnownIds(users: dataset.userIds, items: dataset.itemIds))
        #expect(same.header.isMapped)

        let items = folder.loadError(KnownIds(items: .named(try NamedIds(["sku-9", "7", "日本", "never taken"]))))
        #expect(
            items?.description.hasPrefix(
                "\(folder.file("interactions.facet")): item 07 is unknown to the model, which has 4 items") == true)
        let users = folder.loadError(KnownIds(users: .numbered(9)))
        #expect(users?.description.contains("user eve is unknown to the model, which has 9 users") == true)
    }

    @Test func `text that is a whole number is the same id in a file of numbers`() throws {
        let folder = try TemporaryFolder()
        try folder.write("data.txt", "1 7\n1 8\n1 70\n")
        let model = Vocabulary.named(try NamedIds(["70", "a", "007", "8", "7"]))
        let dataset = try InteractionDataset.load(folder: folder.path, known: KnownIds(items: model))
        #expect(dataset.train.items == [5] && dataset.dev.items == [4] && dataset.test.items == [1])
        let error = folder.loadError(KnownIds(items: .named(try NamedIds(["7", "8", "070"]))))
        #expect(error?.description.contains(":3: item 70 is unknown to the model, which has 3 items") == true)
        // And the other way about.
        let stored = try Self.stored(
            InteractionDataset(
                name: "n", users: .numbered(1), items: .named(try NamedIds(["70", "8", "7"])),
                train: InteractionTable(
                    file: "n", users: [1, 1], items: [1, 2], times: [1, 2], negatives: [], negativesPerRow: nil),
                dev: InteractionTable(file: "n"),
                test: InteractionTable(
                    file: "n", users: [1], items: [3], times: [3], negatives: [], negativesPerRow: nil),
                hasTimes: true))
        let numbers = Vocabulary(ascending: [7, 8, 70])
        let read = try InteractionDataset.load(folder: stored.path, known: KnownIds(items: numbers))
        #expect(read.train.items == [3, 2] && read.test.items == [1])
    }

    @Test func `the store is read where other files lie beside it, and a warning says so`() throws {
        let folder = try ReChorusFiles().write()
        try InteractionStore.write(try Self.named(), to: folder.file("interactions.facet"))
        let dataset = try folder.load()
        #expect(dataset.userIds.text(of: 1) == "eve")
        #expect(dataset.warnings.count == 1)
        #expect(dataset.warnings.first?.contains("interactions.facet is read, and no other file beside it") == true)
    }

    @Test func `how a store was made is kept`() throws {
        let text = #"{"command": "trainer data convert ü"}"#
        let folder = try Self.stored(try Self.named(), provenance: text)
        #expect(try InteractionStore.provenance(at: folder.file("interactions.facet")) == text)
    }

    @Test func `a store that cannot be written leaves what was there`() throws {
        let folder = try Self.stored(try Self.named())
        let before = try folder.bytes("interactions.facet")
        let error = #expect(throws: DatasetError.self) {
            try InteractionStore.write(try Self.named(), to: folder.file("none/interactions.facet"))
        }
        #expect(error?.kind == .unreadable)
        #expect(try folder.names == ["interactions.facet"])
        #expect(try folder.bytes("interactions.facet") == before)
    }

    // MARK: What is refused

    /// The message for a store of which `change` has made another file.
    private static func message(
        sealed: Bool = false, _ change: (inout [UInt8]) throws -> Void
    ) throws -> String {
        let folder = try stored(try named())
        var bytes = try folder.bytes("interactions.facet")
        try change(&bytes)
        if sealed { StoreBytes.seal(&bytes) }
        try folder.write("interactions.facet", bytes: bytes)
        let error = try #require(folder.loadError())
        #expect(error.kind == .invalid && error.file == folder.file("interactions.facet"))
        #expect(error.description.split(separator: "\n").count == 2)
        return error.problem
    }

    @Test func `what is no store, is cut off or comes from a newer program is refused`() throws {
        #expect(try Self.message { $0 = Array("user_id\titem_id\n".utf8) } == "it is no binary store")
        #expect(try Self.message { $0 = [] } == "it is no binary store")
        // As a transfer as text leaves it.
        #expect(try Self.message { $0.remove(at: 6) } == "it is no binary store")
        #expect(try Self.message { $0 = Array($0.prefix(7)) } == "it ends after 7 bytes")
        #expect(try Self.message { $0 = Array($0.prefix(300)) } == "it ends after 300 bytes")
        let size = try Self.stored(try Self.named()).bytes("interactions.facet").count
        #expect(
            try Self.message { $0.removeLast() } == "it has \(size - 1) bytes, and its header tells of \(size)")
        #expect(try Self.message { $0.append(0) } == "it has \(size + 1) bytes, and its header tells of \(size)")
        #expect(
            try Self.message { $0[8] = 2 } == "it has the format version 2, and this program reads 1")
        #expect(try Self.message { $0[40] ^= 1 } == "its header is damaged: the checksum is another one")
    }

    @Test func `a changed byte of any section is found`() throws {
        let whole = try Self.stored(try Self.named()).bytes("interactions.facet")
        for section in 0..<18 {
            let (offset, length) = StoreBytes.section(section, whole)
            guard length > 0 else { continue }
            for changed in [offset, offset + length - 1] {
                #expect(try Self.message { $0[changed] ^= 0x10 }.hasSuffix(" is damaged: the checksum is another one"))
            }
        }
    }

    @Test func `offsets and numbers that do not fit are refused whatever the checksums say`() throws {
        func put(_ value: UInt64, _ offset: Int, _ bytes: inout [UInt8], count: Int = 8) {
            for index in 0..<count { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index))) }
        }
        for offset: UInt64 in [0, 1, 63, 704, 1 << 40, .max, UInt64(Int.max), UInt64(Int.max) - 63] {
            let problem = try Self.message(sealed: true) { put(offset, 64 + 7 * 32 + 8, &$0) }
            #expect(["wrong offset", "none of version"].contains { problem.contains($0) }, "\(offset): \(problem)")
        }
        for length: UInt64 in [0, 1, 24, 1 << 40, .max, UInt64(Int.max)] {
            let problem = try Self.message(sealed: true) { put(length, 64 + 7 * 32 + 16, &$0) }
            #expect(
                ["wrong offset", "none of version", "lengths of its columns"].contains { problem.contains($0) },
                "\(length): \(problem)")
        }
        for (offset, value) in [(40, 4), (40, 0x7FFF_FFFF), (48, 3), (56, 1), (56, 0xFFFF_FFFF), (44, 1)] {
            let problem = try Self.message(sealed: true) { put(UInt64(value), offset, &$0, count: 4) }
            #expect(["lengths of its columns", "32 bits"].contains { problem.contains($0) }, "\(offset): \(problem)")
        }
        for offset in [32, 36] {
            let problem = try Self.message(sealed: true) { put(2, offset, &$0, count: 4) }
            #expect(problem == "its ids are not as many as it says")
        }
        // A user above the count, an item of 0.
        let whole = try Self.stored(try Self.named()).bytes("interactions.facet")
        let (users, items) = (StoreBytes.section(7, whole).offset, StoreBytes.section(8, whole).offset)
        let user = try Self.message(sealed: true) { $0[users + 4] = 4 }
        #expect(user == "the data set is inconsistent: user 4 of 3")
        let item = try Self.message(sealed: true) { $0[items] = 0 }
        #expect(item == "the data set is inconsistent: item 0 of 5")
        // Ids that are the same, or no text.
        let names = StoreBytes.section(3, whole).offset
        #expect(
            try Self.message(sealed: true) { $0.replaceSubrange(names..<names + 3, with: Array("bob".utf8)) }
                == "its ids of users are damaged: ids 1 and 2 are the same")
        #expect(
            try Self.message(sealed: true) { $0[names] = 0xFF }
                == "its ids of users are damaged: the text of the ids is not UTF-8")
    }
}

/// Where things are in a store, found without the reader.
enum StoreBytes {
    static func section(_ index: Int, _ bytes: [UInt8]) -> (offset: Int, length: Int) {
        (number(64 + 32 * index + 8, 8, bytes), number(64 + 32 * index + 16, 8, bytes))
    }

    private static func number(_ offset: Int, _ count: Int, _ bytes: [UInt8]) -> Int {
        (0..<count).reversed().reduce(0) { $0 << 8 | Int(bytes[offset + $1]) }
    }

    /// Makes all checksums fit what is there.
    static func seal(_ bytes: inout [UInt8]) {
        func put(_ value: UInt32, _ offset: Int) {
            for index in 0..<4 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(index))) }
        }
        for index in 0..<18 {
            let (offset, length) = (
                UInt64(bitPattern: Int64(number(64 + 32 * index + 8, 7, bytes))),
                UInt64(bitPattern: Int64(number(64 + 32 * index + 16, 7, bytes)))
            )
            guard offset <= bytes.count, length <= UInt64(bytes.count) - offset else { continue }
            put(Checksum.of(Array(bytes[Int(offset)..<Int(offset + length)])), 64 + 32 * index + 4)
        }
        put(0, 12)
        put(Checksum.of(Array(bytes[..<640])), 12)
    }
}
