import FileIO

/// Compression that is recognized, and not read.
enum OtherCompression: CaseIterable {
    case xz, bzip2, zip, sevenZip

    /// nil where a file begins like none of them.
    init?(_ beginning: UnsafeRawBufferPointer) {
        guard let found = Self.allCases.first(where: { beginning.starts(with: $0.mark) }) else { return nil }
        // Text may begin with BZh; a digit and the mark of a block follow only there.
        guard found != .bzip2 || beginning.dropFirst(4).starts(with: [0x31, 0x41, 0x59, 0x26, 0x53, 0x59]) else {
            return nil
        }
        self = found
    }

    private var mark: [UInt8] {
        switch self {
        case .xz: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]
        case .bzip2: Array("BZh".utf8)
        case .zip: [0x50, 0x4b, 0x03, 0x04]
        case .sevenZip: [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]
        }
    }

    private var name: String {
        switch self {
        case .xz: "xz"
        case .bzip2: "bzip2"
        case .zip: "zip"
        case .sevenZip: "7-Zip"
        }
    }

    private var expansion: String {
        switch self {
        case .xz: "xz -dc"
        case .bzip2: "bzip2 -dc"
        case .zip: "unzip -p"
        case .sevenZip: "7z x -so"
        }
    }

    /// What is told instead of what the bytes look like as text.
    func refusal(of path: String) -> DatasetError {
        DatasetError(
            .invalid, file: path, problem: "is compressed with \(name), which is not read",
            recoverySuggestion: "gzip and zstd are: \(expansion) FILE | gzip > FILE.gz")
    }
}
