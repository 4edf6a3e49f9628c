import Foundation

/// A whole data set folder: parts that are separated by the control character RS, each a letter for what it is, a name,
/// a line end and content.
struct FolderTrial: ReaderTrial {
    static let name = "folder"
    static let fragments =
        DatasetInput.fragments + [
            "\u{1E}ptrain.csv\n", "\u{1E}zdev.csv.gz\n", "\u{1E}ptest.csv\n", "\u{1E}pitem_meta.csv\n", "\u{1E}ldata\n",
            "\u{1E}ffifo.txt\n", "\u{1E}dfolder.csv\n", ".gz", ".inter", "README",
        ]

    /// What is made of a part.
    private enum Kind: UInt8 {
        case plain = 0x70
        case compressed = 0x7A
        case folder = 0x64
        case link = 0x6C
        case pipe = 0x66
    }

    private let folder: String

    init(folder: String) throws {
        self.folder = folder + "/data"
        mkdir(self.folder, 0o700)
    }

    func seeds() -> [[UInt8]] {
        [
            "ptrain.csv\n\(DatasetInput.train)\u{1E}zdev.csv.gz\n\(DatasetInput.dev)\u{1E}ptest.csv\n\(DatasetInput.test)",
            "zratings.dat\n\(DatasetInput.text)\u{1E}pREADME\nOne user and item a line.\n\u{1E}dold\n",
            "pdata.txt\n\(DatasetInput.text)\u{1E}fdata.csv\n\u{1E}l.hidden\ndata.txt\u{1E}plog.json\n{}\n",
            "ltrain.csv\ntrain.csv\u{1E}ddev.csv\n\u{1E}ptest.csv.gz\n1",
        ].map { Array($0.utf8) }
    }

    func read(_ input: [UInt8]) throws {
        var paths: Set<String> = []
        for part in input.split(separator: 0x1E, maxSplits: 7) {
            guard let kind = Kind(rawValue: part[part.startIndex]) else { continue }
            let lines = part.dropFirst().split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(decoding: lines[0].prefix(80).filter { $0 != 0x2F && $0 != 0 }, as: UTF8.self)
            guard !name.isEmpty, name != ".", name != "..", paths.insert(name).inserted else { continue }
            try make(kind, name, content: lines.count > 1 ? Array(lines[1]) : [])
        }
        try DatasetInput.read(folder)
        for name in paths where unlink("\(folder)/\(name)") != 0 { rmdir("\(folder)/\(name)") }
    }

    private func make(_ kind: Kind, _ name: String, content: [UInt8]) throws {
        let path = "\(folder)/\(name)"
        switch kind {
        case .plain: try ScratchFile(name, in: folder).replace(by: content)
        case .compressed: try ScratchFile(name, in: folder).replace(by: Gzip.compressed(content))
        case .folder: mkdir(path, 0o700)
        case .link: symlink(String(decoding: content.filter { $0 != 0 && $0 != 0x2F }, as: UTF8.self), path)
        case .pipe: mkfifo(path, 0o600)
        }
    }
}
