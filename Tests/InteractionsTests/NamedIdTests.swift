import Foundation
import Interactions
import Testing

/// Ids that are text.
@Suite struct NamedIdTests {
    private static let texts = ["sku-7", "ü", "7", "a b", "  ", "07", "日本", "sku-70"]

    @Test func `text has numbers in the order in which it came, both ways`() throws {
        let vocabulary = Vocabulary.named(try NamedIds(Self.texts))
        #expect(vocabulary.count == Self.texts.count && !vocabulary.isNumbered && vocabulary.largestId == nil)
        for (index, text) in Self.texts.enumerated() {
            #expect(vocabulary.text(of: Int32(index + 1)) == text)
            #expect(vocabulary.number(ofText: text) == Int32(index + 1))
        }
        for other in ["", "sku-", "sku-7\0", "SKU-7", "a", "70"] { #expect(vocabulary.number(ofText: other) == nil) }
        #expect(vocabulary.number(of: 7) == 3)
        #expect(vocabulary.number(of: 70) == nil)
    }

    @Test func `ids that are whole numbers are found as text`() {
        let dense = Vocabulary.numbered(5)
        let sparse = Vocabulary(ascending: [3, 50, 7_000_000_000])
        #expect(dense.text(of: 4) == "4" && sparse.text(of: 3) == "7000000000")
        #expect(dense.number(ofText: "4") == 4 && dense.number(ofText: "6") == nil && dense.number(ofText: "x") == nil)
        #expect(sparse.number(ofText: "50") == 2 && sparse.number(ofText: "51") == nil)
        #expect(dense.names == nil && sparse.names == nil)
    }

    @Test func `many names are found, among them such as differ in one byte only`() throws {
        var numbering = NameNumbering()
        func number(_ text: String) -> Int32? { Array(text.utf8).withUnsafeBytes { numbering.number(of: $0) } }
        let count: Int32 = 50_000
        for index in 0..<count { #expect(number("customer-\(index)-of-a-long-name-\(index % 7)") == index + 1) }
        for index in stride(from: 0, to: count, by: 7) {
            #expect(number("customer-\(index)-of-a-long-name-\(index % 7)") == index + 1)
        }
        let names = numbering.finished()
        #expect(names.count == Int(count))
        for index in stride(from: 0, to: count, by: 11) {
            #expect(names.number(of: names.text(of: index + 1)) == index + 1)
        }
        #expect(try NamedIds(bytes: names.bytes, offsets: names.offsets) == names)
    }

    @Test func `a numbering that continues keeps the numbers that there are`() throws {
        var numbering = NameNumbering(continuing: try NamedIds(["b", "a"]))
        let numbers = ["a", "c", "b", "d", "c"].map { text in
            Array(text.utf8).withUnsafeBytes { numbering.number(of: $0) }
        }
        #expect(numbers == [2, 3, 1, 4, 3])
        let names = numbering.finished()
        #expect(try names == NamedIds(["b", "a", "c", "d"]))
        #expect(try names.selecting([4, 2]) == NamedIds(["d", "a"]))
    }

    @Test func `what cannot be ids is refused, and why is said`() {
        func fault(_ bytes: [UInt8], _ offsets: [Int64]) -> NamedIdFault? {
            do throws(NamedIdFault) {
                _ = try NamedIds(bytes: bytes, offsets: offsets)
                return nil
            } catch {
                return error
            }
        }
        let text = Array("abcab".utf8)
        #expect(fault(text, [0, 2, 3, 5]) == .repeated(first: 1, second: 3))
        #expect(fault(text, [0, 2, 2, 5]) == .empty(2))
        for offsets: [Int64] in [
            [], [0], [0, 2], [1, 5], [0, 3, 2, 5], [0, 6, 5], [0, -1, 5], [0, .max, 5], [0, 2, 6],
        ] {
            #expect(fault(text, offsets) == .offsets, "\(offsets)")
        }
        #expect(fault([], [0]) == nil)
        #expect(fault([0x61, 0xFF], [0, 2]) == .encoding)
        // A character of two bytes that is cut in two.
        #expect(fault([0xC3, 0xBC], [0, 1, 2]) == .encoding)
        #expect(fault([0x61, 0x62, 0x09], [0, 1, 3]) == .control(2, 9))
        #expect(fault([0x61, 0x0A], [0, 1, 2]) == .control(2, 10))
        #expect(Array("\u{1b}".utf8).withUnsafeBytes { NamedIds.fault(in: $0) } == "holds the control character 27")
        #expect(Array("ü 1".utf8).withUnsafeBytes { NamedIds.fault(in: $0) } == nil)
        #expect(
            [0xC3].withUnsafeBytes { NamedIds.fault(in: UnsafeRawBufferPointer(rebasing: $0[..<1])) } == "is not UTF-8")
    }

    @Test func `names as rows of a table are read as they were written, and nothing else is`() throws {
        let vocabulary = Vocabulary.named(try NamedIds(Self.texts))
        let rows = try #require(vocabulary.namesOfRows)
        #expect(rows.offsets.prefix(3) == [0, 0, 5] && rows.offsets.count == Self.texts.count + 2)
        #expect(try Vocabulary(bytesOfRows: rows.bytes, offsetsOfRows: rows.offsets) == vocabulary)
        #expect(Vocabulary.numbered(3).namesOfRows == nil && vocabulary.idsOfRows == nil)
        #expect(throws: NamedIdFault.self) { try Vocabulary(bytesOfRows: Array("ab".utf8), offsetsOfRows: [0, 1, 2]) }
        #expect(throws: NamedIdFault.self) { try Vocabulary(bytesOfRows: Array("ab".utf8), offsetsOfRows: []) }
    }

    @Test func `vocabularies with other names have other checksums`() throws {
        let all = [
            Vocabulary.named(try NamedIds(["ab", "c"])), .named(try NamedIds(["a", "bc"])),
            .named(try NamedIds(["c", "ab"])), .named(try NamedIds(["1", "2"])), .numbered(2),
            Vocabulary(ascending: [1, 3]),
        ]
        #expect(Set(all.map(\.checksum)).count == all.count && Set(all).count == all.count)
    }

    private static func dataset(_ items: [String]) throws -> InteractionDataset {
        try InteractionDataset(
            name: "shop", users: .named(try NamedIds(["eve", "bob"])), items: .named(try NamedIds(items)),
            train: InteractionTable(
                file: "shop", users: [1, 1, 2], items: [1, 2, 2], times: [1, 2, 5], negatives: [], negativesPerRow: nil),
            dev: InteractionTable(file: "shop"),
            test: InteractionTable(
                file: "shop", users: [2], items: [3], times: [9], negatives: [1, 2], negativesPerRow: 2),
            hasTimes: true)
    }

    @Test func `a data set of names has them in its fingerprint, its messages and other processes`() throws {
        let dataset = try Self.dataset(["x", "y", "z"])
        #expect(dataset.negativesPerRow == 2 && dataset.itemIds.text(of: 3) == "z")
        let other = try Self.dataset(["x", "y", "Z"])
        #expect(
            DatasetFingerprint(other).differences(from: DatasetFingerprint(dataset))
                == ["other ids of users or items, as many as before"])
        // Ids that are text cannot go into files of numbers.
        let folder = try TemporaryFolder()
        let error = #expect(throws: DatasetError.self) { try dataset.write(to: folder.path) }
        #expect(error?.description.contains("the ids are text") == true)
        #expect(try folder.names == [])

        var (numbers, wide, bytes): ([[Int32]], [[Int64]], [[UInt8]]) = ([], [], [])
        dataset.forEachColumn(
            numbers: { numbers.append(Array($0)) }, wide: { wide.append(Array($0)) },
            bytes: { bytes.append(Array($0)) })
        let header = try JSONDecoder().decode(
            InteractionDataset.Header.self, from: try JSONEncoder().encode(dataset.header))
        let copy = InteractionDataset(
            header, numbers: { _ in numbers.removeFirst() }, wide: { _ in wide.removeFirst() },
            bytes: { _ in bytes.removeFirst() })
        #expect(copy.userIds == dataset.userIds && copy.itemIds == dataset.itemIds)
        #expect(DatasetFingerprint(copy) == DatasetFingerprint(dataset))
        #expect(numbers.isEmpty && wide.isEmpty && bytes.isEmpty)
    }

    @Test func `tables that do not fit together or to the ids are refused`() throws {
        let good = InteractionTable(
            file: "shop", users: [1], items: [2], times: [3], negatives: [1], negativesPerRow: 1)
        func error(_ train: InteractionTable, _ test: InteractionTable = good) -> String? {
            do throws(DatasetError) {
                _ = try InteractionDataset(
                    name: "shop", users: .numbered(2), items: .numbered(2), train: train,
                    dev: InteractionTable(file: "shop"), test: test, hasTimes: true)
                return nil
            } catch {
                return error.description
            }
        }
        func table(_ users: [Int32], _ items: [Int32], _ times: [Int64], _ negatives: [Int32], _ width: Int?)
            -> InteractionTable
        {
            InteractionTable(
                file: "shop", users: users, items: items, times: times, negatives: negatives, negativesPerRow: width)
        }
        #expect(error(good) == nil)
        #expect(error(table([3], [1], [1], [], nil))?.contains("user 3 of 2") == true)
        #expect(error(table([1], [0], [1], [], nil))?.contains("item 0 of 2") == true)
        #expect(error(good, table([1], [1], [1], [-1], 1))?.contains("negative -1 of 2") == true)
        for wrong in [
            table([1], [1, 2], [1], [], nil), table([1], [1], [], [], nil), table([1], [1], [1], [1], 2),
            table([1], [1], [1], [], 0), table([1], [1], [1], [], -1),
        ] {
            #expect(error(good, wrong)?.contains("the data set is inconsistent") == true)
        }
    }
}
