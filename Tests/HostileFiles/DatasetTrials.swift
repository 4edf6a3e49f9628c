import Interactions

/// A data set of one text file.
struct TextTrial: ReaderTrial {
    static let name = "text"
    static let fragments = DatasetInput.fragments

    private let input: DatasetInput

    init(folder: String) throws { input = try DatasetInput(folder, ["data.txt"]) }

    func seeds() -> [[UInt8]] {
        [
            DatasetInput.text, "1\t2\t5\n1 3 x\r\n1 4\n\u{FEFF}\n  2   9.0  \n+2 0009\n2 1", "1 1\n1 1\n1 1",
            "7 30 100\n7 10 100\n9 10 5\n7 90 200\n9 30 6.0\n",
        ].map { Array($0.utf8) }
    }

    func read(_ input: [UInt8]) throws { try self.input.read([input]) }
}

/// The same file, compressed.
struct GzipTrial: ReaderTrial {
    static let name = "gzip"
    static let fragments = DatasetInput.fragments

    private let input: DatasetInput

    init(folder: String) throws { input = try DatasetInput(folder, ["data.txt.gz"]) }

    func seeds() -> [[UInt8]] {
        let text = Array(DatasetInput.text.utf8)
        let whole = Gzip.compressed(text)
        return [
            whole, Gzip.compressed(Array(text[..<20])) + Gzip.compressed(Array(text[20...])) + [0, 0, 0],
            Gzip.compressed(Array(repeatElement(text, count: 40).joined())), Array(whole.dropLast(3)),
        ]
    }

    func read(_ input: [UInt8]) throws { try self.input.read([input]) }

    /// Changes what is compressed in three of four cases, and otherwise the compressed bytes.
    func mutated(_ input: [UInt8], choice: UInt32, by change: ([UInt8]) -> [UInt8]) -> [UInt8] {
        guard choice % 4 > 0, let text = Gzip.expanded(input, limit: 1 << 14) else { return change(input) }
        return Gzip.compressed(change(text))
    }
}

/// The files of ReChorus, separated by the control character RS; a fourth one is the catalogue.
struct ReChorusTrial: ReaderTrial {
    static let name = "rechorus"
    static let fragments = DatasetInput.fragments

    private let split: DatasetInput
    private let splitWithCatalogue: DatasetInput

    init(folder: String) throws {
        let names = ["train.csv", "dev.csv", "test.csv"]
        split = try DatasetInput(folder + "/split", names)
        splitWithCatalogue = try DatasetInput(folder + "/catalogue", names + ["item_meta.csv"])
    }

    func seeds() -> [[UInt8]] {
        [
            [DatasetInput.train, DatasetInput.dev, DatasetInput.test],
            [DatasetInput.train, DatasetInput.dev, DatasetInput.test, "name\titem_id\nA\t1\nB\t9\n"],
            [
                "time\tx\titem_id\tuser_id\r\n9223372036854775807\t\t3\t1\r\n-9223372036854775807\t-\t2\t1\r\n",
                "user_id\titem_id\ttime\n1\t1\t2\n", "user_id\titem_id\ttime\n1\t4\t3.0\n",
            ],
        ].map { Array($0.joined(separator: "\u{1E}").utf8) }
    }

    func read(_ input: [UInt8]) throws {
        let parts = input.split(separator: 0x1E, maxSplits: 3, omittingEmptySubsequences: false)
        let files = parts.map(Array.init) + Array(repeating: [], count: max(0, 3 - parts.count))
        try (files.count == 4 ? splitWithCatalogue : split).read(files)
    }
}
