import Glibc
import Interactions

/// The records of a text file whose fields have something between them, with or without quotation marks (RFC 4180): a
/// quoted field may hold separators, line ends, and quotation marks, which are doubled.
///
/// Spaces and TABs around a field without quotation marks do not belong to it.
struct DelimitedRecords: ~Copyable {
    /// More columns than any log has.
    static let mostColumns = 4_096
    /// A quoted field that is longer has lost its end.
    static let longestQuotedField = 1 << 20

    private var reader: LineReader
    private let separator: FieldSeparator
    private let quote: UInt8?
    /// The record's first line, from 1.
    private(set) var line = 0
    /// How many fields the record has; only the first ``mostColumns`` can be asked for.
    private(set) var count = 0
    private var base: UnsafeRawPointer?
    /// Where each field begins and ends.
    private let bounds: UnsafeMutablePointer<Int32>
    /// The fields of a record with quotation marks, without them.
    private var unquoted = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 10, alignment: 16)
    private var unquotedCount = 0
    private var isUnquoted = false

    init(path: String, separator: FieldSeparator, quoting: Quoting) throws(DatasetError) {
        reader = try LineReader(path: path)
        self.separator = separator
        if case .byte(let byte) = quoting { quote = byte } else { quote = nil }
        bounds = .allocate(capacity: 2 * Self.mostColumns)
    }

    deinit {
        bounds.deallocate()
        unquoted.deallocate()
    }

    /// Goes to the next record that is not blank.
    ///
    /// - Returns: false at the end of the file.
    @inline(__always)
    mutating func next() throws(DatasetError) -> Bool {
        while let bytes = try reader.next() {
            guard let start = bytes.baseAddress, !bytes.isEmpty else { continue }
            line = reader.line
            base = start
            isUnquoted = false
            if let quote, memchr(start, CInt(quote), bytes.count) != nil {
                try readQuoted(bytes, quote)
                return true
            }
            split(bytes)
            // One field of spaces alone is a blank line.
            if count <= 1, count == 0 || field(0).isEmpty { continue }
            return true
        }
        return false
    }

    /// A field of the record, valid until the next one.
    @inline(__always)
    func field(_ index: Int) -> UnsafeRawBufferPointer {
        let (start, end) = (Int(bounds[2 * index]), Int(bounds[2 * index + 1]))
        let bytes = UnsafeRawBufferPointer(start: base.map { $0 + start }, count: end - start)
        guard end > start, !isUnquoted, bytes[0] <= 0x20 || bytes[end - start - 1] <= 0x20 else { return bytes }
        return bytes.trimmed
    }

    /// An error about the record.
    func failure(_ problem: String, _ recoverySuggestion: String) -> DatasetError {
        DatasetError(
            .invalid, file: reader.path, line: line, problem: problem, recoverySuggestion: recoverySuggestion)
    }

    @inline(__always)
    private mutating func split(_ bytes: UnsafeRawBufferPointer) {
        switch separator {
        case .byte(let byte): split(bytes, at: byte)
        case .doubleColon: splitAtDoubleColon(bytes)
        case .words: splitWords(bytes)
        }
    }

    /// Eight bytes at a time: a field is short, and a call of `memchr` for each would cost more.
    @inline(__always)
    private mutating func split(_ bytes: UnsafeRawBufferPointer, at byte: UInt8) {
        let bounds = bounds
        let pattern = UInt64(byte) &* 0x0101_0101_0101_0101
        let size = bytes.count
        var found = 0
        var offset = 0
        bounds[0] = 0
        while offset < size {
            var matches: UInt64
            if offset + 8 <= size {
                matches = Self.zeros(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) ^ pattern)
            } else if size >= 8 {
                // The last eight bytes, without those that were looked at.
                let word = bytes.loadUnaligned(fromByteOffset: size - 8, as: UInt64.self)
                matches = Self.zeros(word ^ pattern) >> (8 * UInt64(truncatingIfNeeded: offset + 8 - size))
            } else {
                matches = 0
                for index in 0..<size where bytes[index] == byte { matches |= 0x80 << (8 * UInt64(index)) }
            }
            while matches != 0 {
                if found < Self.mostColumns - 1 {
                    let end = Int32(truncatingIfNeeded: offset + matches.trailingZeroBitCount >> 3)
                    bounds[2 * found + 1] = end
                    bounds[2 * found + 2] = end &+ 1
                }
                found += 1
                matches &= matches &- 1
            }
            offset += 8
        }
        if found < Self.mostColumns { bounds[2 * found + 1] = Int32(truncatingIfNeeded: size) }
        count = found + 1
    }

    /// The highest bit of each byte that is 0.
    @inline(__always)
    private static func zeros(_ word: UInt64) -> UInt64 {
        let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
        return ~(((word & low) &+ low) | word | low)
    }

    private mutating func splitAtDoubleColon(_ bytes: UnsafeRawBufferPointer) {
        count = 0
        var (start, offset) = (0, 0)
        while offset + 1 < bytes.count {
            guard bytes[offset] == 0x3a, bytes[offset + 1] == 0x3a else {
                offset += 1
                continue
            }
            append(start, offset)
            offset += 2
            start = offset
        }
        append(start, bytes.count)
    }

    private mutating func splitWords(_ bytes: UnsafeRawBufferPointer) {
        count = 0
        var offset = 0
        while true {
            while offset < bytes.count, bytes[offset] == 0x20 || bytes[offset] == 0x09 { offset += 1 }
            guard offset < bytes.count else { return }
            let start = offset
            while offset < bytes.count, bytes[offset] != 0x20, bytes[offset] != 0x09 { offset += 1 }
            append(start, offset)
        }
    }

    private mutating func append(_ start: Int, _ end: Int) {
        if count < Self.mostColumns {
            bounds[2 * count] = Int32(truncatingIfNeeded: start)
            bounds[2 * count + 1] = Int32(truncatingIfNeeded: end)
        }
        count += 1
    }

    /// A record with a quotation mark: its fields are copied, the quoted ones without their marks.
    private mutating func readQuoted(_ first: UnsafeRawBufferPointer, _ quote: UInt8) throws(DatasetError) {
        var bytes = first
        unquotedCount = 0
        reserve(bytes.count)
        count = 0
        var offset = 0
        while true {
            offset = skipBlanks(bytes, offset)
            let start = unquotedCount
            if offset < bytes.count, bytes[offset] == quote {
                offset += 1
                offset = try copyQuoted(&bytes, from: offset, quote, start)
                offset = skipBlanks(bytes, offset)
                append(start, unquotedCount)
                guard offset == bytes.count || separatorLength(bytes, offset) > 0 else {
                    throw failure(
                        "text follows the closing quotation mark of field \(count)",
                        "double a quotation mark inside a quoted field, or read them as text with --quote none")
                }
            } else {
                let end = fieldEnd(bytes, offset)
                let field = UnsafeRawBufferPointer(rebasing: bytes[offset..<end]).trimmed
                copy(field)
                append(start, unquotedCount)
                offset = end
            }
            guard offset < bytes.count else { break }
            offset += separatorLength(bytes, offset)
            // Words have nothing behind the last space.
            if separator == .words, offset == bytes.count { break }
        }
        isUnquoted = true
        base = UnsafeRawPointer(unquoted.baseAddress)
    }

    /// Makes room for a record: its fields have no more bytes than it.
    private mutating func reserve(_ size: Int) {
        guard size > unquoted.count else { return }
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: max(size, 2 * unquoted.count), alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: unquoted[..<unquotedCount]))
        unquoted.deallocate()
        unquoted = larger
    }

    private mutating func copy(_ bytes: UnsafeRawBufferPointer) {
        UnsafeMutableRawBufferPointer(rebasing: unquoted[unquotedCount...]).copyMemory(from: bytes)
        unquotedCount += bytes.count
    }

    /// Copies a quoted field up to its closing mark.
    ///
    /// - Returns: the offset behind that.
    private mutating func copyQuoted(
        _ bytes: inout UnsafeRawBufferPointer, from start: Int, _ quote: UInt8, _ fieldStart: Int
    ) throws(DatasetError) -> Int {
        var offset = start
        while true {
            let rest = bytes.count - offset
            if rest > 0, let address = bytes.baseAddress, let found = memchr(address + offset, CInt(quote), rest) {
                let end = UnsafeRawPointer(found) - address
                guard end + 1 < bytes.count, bytes[end + 1] == quote else {
                    copy(UnsafeRawBufferPointer(rebasing: bytes[offset..<end]))
                    return end + 1
                }
                // With the first of two marks.
                copy(UnsafeRawBufferPointer(rebasing: bytes[offset...end]))
                offset = end + 2
                continue
            }
            copy(UnsafeRawBufferPointer(rebasing: bytes[offset...]))
            offset = bytes.count
            guard unquotedCount - fieldStart <= Self.longestQuotedField, let longer = try reader.extended() else {
                throw failure(
                    "a quotation mark is opened in field \(count + 1) and never closed",
                    "close it, or read quotation marks as text with --quote none")
            }
            bytes = longer
            reserve(bytes.count)
        }
    }

    private func skipBlanks(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var offset = start
        while offset < bytes.count, bytes[offset] == 0x20 || bytes[offset] == 0x09,
            separator == .words || separatorLength(bytes, offset) == 0
        {
            offset += 1
        }
        return offset
    }

    /// How many bytes separate two fields at an offset; 0 where none do.
    private func separatorLength(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> Int {
        switch separator {
        case .byte(let byte): bytes[offset] == byte ? 1 : 0
        case .doubleColon: bytes[offset] == 0x3a && offset + 1 < bytes.count && bytes[offset + 1] == 0x3a ? 2 : 0
        case .words: bytes[offset] == 0x20 || bytes[offset] == 0x09 ? 1 : 0
        }
    }

    private func fieldEnd(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var offset = start
        while offset < bytes.count, separatorLength(bytes, offset) == 0 { offset += 1 }
        return offset
    }
}

extension DelimitedRecords {
    /// The first records of a file.
    ///
    /// - Parameter limit: the most records, and about as many KB.
    static func sample(
        path: String, separator: FieldSeparator, quoting: Quoting, limit: Int
    ) throws(DatasetError) -> [[[UInt8]]] {
        var records = try DelimitedRecords(path: path, separator: separator, quoting: quoting)
        var result: [[[UInt8]]] = []
        var bytes = 0
        while result.count < limit, bytes < limit << 10, try records.next() {
            let fields = (0..<min(records.count, mostColumns)).map { Array(records.field($0)) }
            bytes += fields.reduce(0) { $0 + $1.count }
            result.append(fields)
        }
        return result
    }
}
