import KernelCore

/// What stands at the beginning of a binary store: what it is, how many of everything, and where its sections are.
///
/// All numbers are little-endian, as on all machines that this runs on. The page of this module has the layout as tables.
struct StoreHeader: Equatable {
    /// The sections, in the order of the file. Each is there, many of them empty.
    enum Section: Int, CaseIterable {
        case provenance
        case userIds, userOffsets, userBytes
        case itemIds, itemOffsets, itemBytes
        case trainUsers, trainItems, trainTimes
        case devUsers, devItems, devTimes, devNegatives
        case testUsers, testItems, testTimes, testNegatives

        /// Bytes of an element.
        var elementSize: Int {
            switch self {
            case .provenance, .userBytes, .itemBytes: 1
            case .userIds, .userOffsets, .itemIds, .itemOffsets, .trainTimes, .devTimes, .testTimes: 8
            default: 4
            }
        }
    }

    struct Entry: Equatable {
        var checksum: UInt32 = 0
        var offset = 0
        var length = 0

        var range: Range<Int> { offset..<offset + length }
    }

    /// Why bytes are no header: a sentence without its subject, the file.
    struct Fault: Error {
        let problem: String
        var recoverySuggestion = StoreHeader.writeAgain
    }

    static let writeAgain = "copy the file again from where it is whole, or write it again with trainer data convert"

    /// As in PNG: the first byte is none of text, and the line end finds out who converts line ends.
    static let magic: [UInt8] = [0x89] + Array("FACET\r\n".utf8)
    static let version: UInt32 = 1
    static let alignment = 64
    static let size = 64 + 32 * Section.allCases.count
    private static let checksumOffset = 12

    var hasTimes = false
    var userCount = 0
    var itemCount = 0
    var trainCount = 0
    var devCount = 0
    var testCount = 0
    /// 0 where there are none.
    var devNegatives = 0
    var testNegatives = 0
    var entries = [Entry](repeating: Entry(), count: Section.allCases.count)

    subscript(section: Section) -> Entry {
        get { entries[section.rawValue] }
        set { entries[section.rawValue] = newValue }
    }

    /// Bytes of the whole file.
    var fileSize: Int { entries.last.map(\.range.upperBound) ?? Self.size }

    /// Places the sections behind each other.
    ///
    /// - Parameter lengths: bytes, in the order of the sections.
    mutating func layOut(lengths: [Int]) {
        var end = Self.size
        for (index, length) in lengths.enumerated() {
            entries[index].offset = Self.aligned(end)
            entries[index].length = length
            end = entries[index].range.upperBound
        }
    }

    static func aligned(_ offset: Int) -> Int { (offset + alignment - 1) / alignment * alignment }

    /// The header as it stands in the file.
    var bytes: [UInt8] {
        var bytes = Self.magic
        func put(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value.littleEndian) { bytes += $0 } }
        put(Self.version)
        put(UInt32(0))
        put(UInt64(fileSize))
        put(UInt32(entries.count))
        put(UInt32(hasTimes ? 1 : 0))
        for count in [userCount, itemCount, trainCount, devCount, testCount, devNegatives, testNegatives, 0] {
            put(UInt32(count))
        }
        for (index, entry) in entries.enumerated() {
            put(UInt32(index + 1))
            put(entry.checksum)
            put(UInt64(entry.offset))
            put(UInt64(entry.length))
            put(UInt64(0))
        }
        let checksum = Self.checksum(of: bytes)
        withUnsafeBytes(of: checksum.littleEndian) {
            bytes.replaceSubrange(Self.checksumOffset..<Self.checksumOffset + 4, with: $0)
        }
        return bytes
    }

    /// Over the header with zeros for its checksum.
    static func checksum(of header: [UInt8]) -> UInt32 {
        var header = header
        header.replaceSubrange(checksumOffset..<checksumOffset + 4, with: [0, 0, 0, 0])
        return Checksum.of(header)
    }

    /// Reads and checks the header of a file: afterwards every section lies within it, and has as many elements as there
    /// are rows or ids.
    init(parsing file: UnsafeRawBufferPointer) throws(Fault) {
        guard file.starts(with: Self.magic.prefix(file.count)), !file.isEmpty else {
            throw Fault(
                problem: "it is no binary store", recoverySuggestion: "give the file another name, or write it again")
        }
        guard file.count >= 12 else { throw Fault(problem: "it ends after \(file.count) bytes") }
        func number(_ offset: Int) -> Int {
            Int(UInt32(littleEndian: file.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        }
        guard number(8) == Int(Self.version) else {
            throw Fault(
                problem: "it has the format version \(number(8)), and this program reads \(Self.version)",
                recoverySuggestion: "use the program that wrote it, or write it again with trainer data convert")
        }
        guard file.count >= Self.size else { throw Fault(problem: "it ends after \(file.count) bytes") }
        guard number(Self.checksumOffset) == Int(Self.checksum(of: Array(file[..<Self.size]))) else {
            throw Fault(problem: "its header is damaged: the checksum is another one")
        }
        func long(_ offset: Int) -> UInt64 {
            UInt64(littleEndian: file.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        guard long(16) == UInt64(file.count) else {
            throw Fault(problem: "it has \(file.count) bytes, and its header tells of \(long(16))")
        }
        guard number(24) == Section.allCases.count, number(28) <= 1, number(60) == 0 else {
            throw Fault(problem: "its header is none of version \(Self.version)")
        }
        hasTimes = number(28) == 1
        (userCount, itemCount) = (number(32), number(36))
        (trainCount, devCount, testCount) = (number(40), number(44), number(48))
        (devNegatives, testNegatives) = (number(52), number(56))
        for section in Section.allCases {
            let start = 64 + 32 * section.rawValue
            guard number(start) == section.rawValue + 1, long(start + 24) == 0,
                let offset = Int(exactly: long(start + 8)), let length = Int(exactly: long(start + 16))
            else { throw Fault(problem: "its header is none of version \(Self.version)") }
            self[section] = Entry(checksum: UInt32(number(start + 4)), offset: offset, length: length)
        }
        try checkOffsets(fileSize: file.count)
        try checkCounts()
    }

    init() {}

    /// Refuses sections that do not follow each other without a gap.
    private func checkOffsets(fileSize: Int) throws(Fault) {
        var end = Self.size
        for (section, entry) in zip(Section.allCases, entries) {
            guard entry.offset == Self.aligned(end), entry.offset <= fileSize, entry.length >= 0,
                entry.length <= fileSize - entry.offset, entry.length % section.elementSize == 0
            else { throw Fault(problem: "its section \(section) has the wrong offset or length") }
            end = entry.range.upperBound
        }
        guard end == fileSize else { throw Fault(problem: "bytes follow its last section") }
    }

    private func count(_ section: Section) -> Int { self[section].length / section.elementSize }

    /// Refuses numbers of elements that are not those of rows and ids.
    private func checkCounts() throws(Fault) {
        let limit = Int(Int32.max)
        guard userCount < limit, itemCount < limit, trainCount + devCount + testCount < limit else {
            throw Fault(problem: "its numbers do not fit into 32 bits")
        }
        for (rows, width, sections, negatives) in [
            (trainCount, 0, [Section.trainUsers, .trainItems, .trainTimes], nil),
            (devCount, devNegatives, [.devUsers, .devItems, .devTimes], Section.devNegatives),
            (testCount, testNegatives, [.testUsers, .testItems, .testTimes], .testNegatives),
        ] {
            // Both factors have 32 bits.
            guard sections.allSatisfy({ count($0) == rows }), negatives.map({ count($0) == rows * width }) ?? true
            else {
                throw Fault(problem: "the lengths of its columns differ")
            }
        }
        let entries = trainCount + devCount + testCount + count(.devNegatives) + count(.testNegatives)
        for (ids, listed, offsets, bytes) in [
            (userCount, Section.userIds, Section.userOffsets, Section.userBytes),
            (itemCount, .itemIds, .itemOffsets, .itemBytes),
        ] {
            let isNumbered = count(listed) == 0 && count(offsets) == 0 && count(bytes) == 0 && ids <= entries
            let isListed = count(listed) == ids && count(offsets) == 0 && count(bytes) == 0
            let isNamed = count(listed) == 0 && count(offsets) == ids + 1
            guard isNumbered || isListed || isNamed else { throw Fault(problem: "its ids are not as many as it says") }
        }
    }
}
