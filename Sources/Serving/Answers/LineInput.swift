import FileIO
import Glibc
import Reporting

/// The lines of a file or of standard input, in blocks: all that have come, as soon as one has.
///
/// So a line that comes alone is answered alone, and lines that come together are answered together.
final class LineInput {
    /// The name in messages.
    let name: String
    /// When the lines of the block before had come, by ``ProgressBar/monotonicSeconds()``.
    private(set) var arrival = 0.0
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    /// What a read fills.
    private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    /// Where the next line begins, and up to where no line end was found.
    private var start = 0
    private var searched = 0
    private var line = 0
    private var isAtEnd = false
    /// Whether the line that continues is too long, so that it is not kept.
    private var isSkipping = false

    /// Longer lines are not kept.
    static let longestLine = 1 << 24

    /// - Parameter path: `-`: standard input.
    init(path: String) throws(FileError) {
        guard path != "-" else {
            name = "standard input"
            descriptor = STDIN_FILENO
            return
        }
        name = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path: path, operation: .open, code: errno) }
    }

    deinit {
        room.deallocate()
        if descriptor != STDIN_FILENO { close(descriptor) }
    }

    /// The next lines, at most `limit`; none at the end. Waits until there is one.
    func next(limit: Int) throws(FileError) -> LineBlock {
        var block = LineBlock()
        while block.isEmpty {
            while block.count < limit, let end = nextEnd() { take(end, into: &block) }
            if !block.isEmpty { break }
            guard !isAtEnd else {
                if start < buffer.count || isSkipping { take(buffer.count, into: &block) }
                break
            }
            try readMore()
        }
        return block
    }

    /// Where the next line end is; nil where none has come.
    private func nextEnd() -> Int? {
        let end = buffer.withUnsafeBufferPointer { bytes -> Int? in
            guard searched < bytes.count, let base = bytes.baseAddress,
                let found = memchr(base + searched, 0x0A, bytes.count - searched)
            else { return nil }
            return UnsafeRawPointer(found) - UnsafeRawPointer(base)
        }
        searched = end.map { $0 + 1 } ?? buffer.count
        return end
    }

    /// Takes the line that ends before `end`, unless there is nothing but white space in it.
    private func take(_ end: Int, into block: inout LineBlock) {
        line += 1
        let bytes = buffer[start..<end]
        if isSkipping || bytes.count > Self.longestLine {
            block.append(line, nil)
        } else if bytes.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) {
            block.append(line, bytes)
        }
        isSkipping = false
        start = min(end + 1, buffer.count)
    }

    private func readMore() throws(FileError) {
        buffer.removeFirst(start)
        start = 0
        if buffer.count > Self.longestLine {
            buffer.removeAll(keepingCapacity: true)
            isSkipping = true
        }
        searched = buffer.count
        var count = -1
        while count < 0 {
            count = read(descriptor, room.baseAddress, room.count)
            guard count < 0 else { break }
            if errno == EAGAIN {
                var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                poll(&request, 1, -1)
            } else if errno != EINTR {
                throw FileError(path: name, operation: .read, code: errno)
            }
        }
        buffer.append(contentsOf: room[..<count])
        isAtEnd = count == 0
        arrival = ProgressBar.monotonicSeconds()
    }
}

/// Lines with their numbers.
struct LineBlock {
    /// From 1.
    private(set) var numbers: [Int] = []
    /// -1 for a line that was too long.
    private(set) var lengths: [Int] = []
    /// The text of all lines.
    private(set) var bytes: [UInt8] = []

    init() {}

    init(numbers: [Int], lengths: [Int], bytes: [UInt8]) {
        self.numbers = numbers
        self.lengths = lengths
        self.bytes = bytes
    }

    var count: Int { numbers.count }
    var isEmpty: Bool { numbers.isEmpty }

    mutating func append(_ number: Int, _ line: ArraySlice<UInt8>?) {
        numbers.append(number)
        lengths.append(line?.count ?? -1)
        bytes += line ?? []
    }

    /// Some of the lines; nil for one that was too long.
    func lines(_ range: Range<Int>) -> [(number: Int, bytes: [UInt8]?)] {
        var start = lengths[..<range.lowerBound].reduce(0) { $0 + max($1, 0) }
        return range.map { index in
            let length = lengths[index]
            defer { start += max(length, 0) }
            return (numbers[index], length < 0 ? nil : Array(bytes[start..<start + length]))
        }
    }
}
