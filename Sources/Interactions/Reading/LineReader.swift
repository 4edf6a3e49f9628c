import Glibc

/// The lines of a text file, plain or gzip, without their ends (LF or CR LF) and without a UTF-8 byte order mark.
///
/// Reads through one buffer: memory does not depend on the size of the file, only on its longest line.
package struct LineReader: ~Copyable {
    /// The file as the user named it.
    package let path: String
    /// Number of the line that ``next()`` returned last, from 1.
    package private(set) var line = 0
    private var source: ByteSource
    private var buffer: UnsafeMutableRawBufferPointer
    /// Where the line that was returned last begins, and where the next one does.
    private var lineStart = 0
    private var start = 0
    private var end = 0
    private var atEnd = false

    /// Longer lines are refused: the file is hardly text.
    package static let longestLine = 1 << 26

    /// Opens a file, whose compression its first bytes tell.
    ///
    /// - Throws: where it cannot be opened, or is no regular file.
    package init(path: String) throws(DatasetError) {
        self.path = path
        source = try ByteSource(path: path)
        buffer = .allocate(byteCount: source.outputSize, alignment: 16)
    }

    deinit { buffer.deallocate() }

    /// The next line, valid until the next call; nil at the end of the file.
    package mutating func next() throws(DatasetError) -> UnsafeRawBufferPointer? {
        var searched = start
        while true {
            let base = UnsafeRawPointer(buffer.baseAddress.unsafelyUnwrapped)
            if searched < end, let newline = memchr(base + searched, 0x0a, end - searched) {
                let stop = UnsafeRawPointer(newline) - base
                lineStart = start
                start = stop + 1
                return take(lineStart..<stop)
            }
            searched = end
            if atEnd {
                guard start < end else { return nil }
                lineStart = start
                start = end
                return take(lineStart..<end)
            }
            let moved = start
            try readMore(from: moved)
            searched -= moved - start
        }
    }

    /// The line that was returned last, its end, and the line behind it: where the end of a line is none, inside
    /// quotation marks. nil at the end of the file.
    ///
    /// ``line`` is then the number of the line behind.
    package mutating func extended() throws(DatasetError) -> UnsafeRawBufferPointer? {
        var searched = start
        while true {
            let base = UnsafeRawPointer(buffer.baseAddress.unsafelyUnwrapped)
            if searched < end, let newline = memchr(base + searched, 0x0a, end - searched) {
                let stop = UnsafeRawPointer(newline) - base
                start = stop + 1
                return take(lineStart..<stop)
            }
            searched = end
            if atEnd {
                guard start < end else { return nil }
                start = end
                return take(lineStart..<end)
            }
            let moved = lineStart
            try readMore(from: moved)
            searched -= moved - lineStart
        }
    }

    /// The next line with a character other than space and TAB.
    package mutating func nextNonBlank() throws(DatasetError) -> UnsafeRawBufferPointer? {
        while let bytes = try next() {
            if !bytes.trimmed.isEmpty { return bytes }
        }
        return nil
    }

    /// An error about the line that was returned last.
    package func failure(_ problem: String, _ recoverySuggestion: String) -> DatasetError {
        DatasetError(.invalid, file: path, line: line, problem: problem, recoverySuggestion: recoverySuggestion)
    }

    private mutating func take(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        line += 1
        var range = range
        if range.upperBound > range.lowerBound, buffer[range.upperBound - 1] == 0x0d {
            range = range.lowerBound..<range.upperBound - 1
        }
        if line == 1, range.count >= 3, buffer[range.lowerBound] == 0xef, buffer[range.lowerBound + 1] == 0xbb,
            buffer[range.lowerBound + 2] == 0xbf
        {
            range = range.lowerBound + 3..<range.upperBound
            lineStart += 3
        }
        return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[range])
    }

    /// Keeps the bytes from `kept` on, which come to the front of the buffer.
    private mutating func readMore(from kept: Int) throws(DatasetError) {
        if kept > 0, let base = buffer.baseAddress {
            memmove(base, base + kept, end - kept)
            end -= kept
            start -= kept
            lineStart = 0
        }
        if end == buffer.count {
            guard end < LineReader.longestLine else {
                throw DatasetError(
                    .invalid, file: path, line: line + 1, problem: "the line is longer than \(end) bytes",
                    recoverySuggestion: "is this a text file with line ends?")
            }
            let grown = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * buffer.count, alignment: 16)
            grown.copyMemory(from: UnsafeRawBufferPointer(buffer))
            buffer.deallocate()
            buffer = grown
        }
        let count = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...]), line: line + 1)
        atEnd = count == 0
        end += count
    }
}
