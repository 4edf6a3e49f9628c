import Foundation
import Interactions
import KernelCore

/// A data set in a binary store. What is read has no more users, items and rows than its bytes justify.
struct InteractionStoreTrial: ReaderTrial {
    static let name = "store"
    static let fragments = [
        "\u{0}\u{0}\u{0}\u{0}", "\u{1}\u{0}\u{0}\u{0}", "\u{7F}\u{7F}\u{7F}\u{7F}", "FACET\r\n", "sku",
        "\u{301}\u{323}",
        "é", "\t", "\n", "\u{1b}[2J", "\u{202E}", "\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{1}",
    ]

    private let folder: String
    private let file: ScratchFile
    private static let sections = 18
    private static let headerSize = 64 + 32 * sections

    init(folder: String) throws {
        self.folder = folder
        file = try ScratchFile(InteractionStore.fileName, in: folder)
    }

    func read(_ input: [UInt8]) throws {
        try file.replace(by: input)
        try DatasetInput.read(folder, idsAtMost: input.count)
    }

    /// All checksums are made to fit in seven of eight cases: otherwise nothing behind them is reached.
    func mutated(_ input: [UInt8], choice: UInt32, by change: ([UInt8]) -> [UInt8]) -> [UInt8] {
        // The header is most of a small store: half of the changes go behind it.
        let start = choice % 2 == 0 ? 0 : min(Self.headerSize, input.count)
        let bytes = Array(input[..<start]) + change(Array(input[start...]))
        return choice % 8 > 0 ? Self.withFittingChecksums(bytes) : bytes
    }

    private static func withFittingChecksums(_ input: [UInt8]) -> [UInt8] {
        var bytes = input
        guard bytes.count >= headerSize else { return bytes }
        func put<Value: FixedWidthInteger>(_ value: Value, _ offset: Int) {
            withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(offset..<offset + $0.count, with: $0) }
        }
        func number(_ offset: Int) -> Int {
            bytes[offset..<offset + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        put(UInt64(bytes.count), 16)
        for section in 0..<sections {
            let start = 64 + 32 * section
            let (offset, length) = (number(start + 8), number(start + 16))
            guard offset >= 0, offset <= bytes.count, length >= 0, length <= bytes.count - offset else { continue }
            put(Checksum.of(Array(bytes[offset..<offset + length])), start + 4)
        }
        put(UInt32(0), 12)
        put(Checksum.of(Array(bytes[..<headerSize])), 12)
        return bytes
    }

    /// Stores of numbers with and without holes and of text, with and without negatives, times and dev rows.
    func seeds() throws -> [[UInt8]] {
        let train = InteractionTable(
            file: "t", users: [1, 1, 2, 2, 3], items: [1, 2, 2, 3, 1], times: [1, 2, 3, 4, -5], negatives: [],
            negativesPerRow: nil)
        func rows(_ items: [Int32], _ negatives: [Int32]) -> InteractionTable {
            InteractionTable(
                file: "t", users: [1, 2, 3], items: items, times: [7, 8, .max], negatives: negatives,
                negativesPerRow: negatives.isEmpty ? nil : 2)
        }
        let datasets = [
            try InteractionDataset(
                name: "t", users: .numbered(3), items: .numbered(5), train: train,
                dev: rows([3, 4, 5], [1, 2, 1, 5, 2, 3]), test: rows([5, 5, 2], [4, 4, 1, 2, 3, 4]), hasTimes: true),
            try InteractionDataset(
                name: "t", users: Vocabulary(ascending: [1, 5, 7_000_000_000]),
                items: Vocabulary(ascending: [2, 3, 4]),
                train: train, dev: rows([3, 1, 2], []), test: rows([1, 3, 2], []), hasTimes: false),
            try InteractionDataset(
                name: "t", users: .named(try NamedIds(["eve", "b", "zoë"])),
                items: .named(try NamedIds(["sku-1", "2", "日本", "x"])),
                train: train, dev: InteractionTable(file: "t"), test: rows([1, 4, 3], [2, 2, 3, 1, 4, 4]),
                hasTimes: true),
        ]
        return try datasets.map { dataset in
            try InteractionStore.write(dataset, to: folder + "/seed", provenance: #"{"made": "by hand"}"#)
            defer { unlink(folder + "/seed") }
            return Array(try Data(contentsOf: URL(filePath: folder + "/seed")))
        }
    }
}
