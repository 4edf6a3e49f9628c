import CZlib
import FileIO

/// The bytes of a file, uncompressed on the way if the file is gzip or zstd (recognized by its first bytes, whatever its
/// name).
package struct ByteSource: ~Copyable {
    private let file: OpenFile
    /// The next byte of the file to read.
    private var offset = 0
    /// Bytes in the file when it was opened: how large buffers should be.
    private let size: Int
    private let input: UnsafeMutableRawBufferPointer
    private var inputStart = 0
    private var inputEnd = 0
    private var begun = false
    private var inflater: UnsafeMutablePointer<z_stream>?
    private var zstd: ZstdExpansion?
    /// Inside a gzip member: between its header and its checksum.
    private var insideMember = false

    init(path: String) throws(DatasetError) {
        file = try asDatasetError { () throws(FileError) in try OpenFile(path: path, access: .read) }
        size = (try? file.size()) ?? 0
        input = .allocate(byteCount: ByteSource.bufferSize(for: size), alignment: 16)
    }

    /// Bytes of a buffer that `count` bytes go through: many for few system calls, few for a small file.
    private static func bufferSize(for count: Int) -> Int { max(1 << 12, min(count, 1 << 18)) }

    /// The buffer that the uncompressed bytes should be read into; a text shrinks to a quarter or less.
    var outputSize: Int { ByteSource.bufferSize(for: min(size, 1 << 18) * 4) }

    /// The number of bytes of the file put into the buffer, which is full unless the file ends.
    private mutating func readFile(into buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int {
        do throws(FileError) {
            let count = try file.read(into: buffer, at: offset)
            offset += count
            return count
        } catch {
            throw DatasetError(error)
        }
    }

    private mutating func begin() throws(DatasetError) {
        begun = true
        inputEnd = try readFile(into: input)
        if ZstdExpansion.recognizes(UnsafeRawBufferPointer(rebasing: input[..<inputEnd])) {
            zstd = try ZstdExpansion(path: file.path)
            return
        }
        if let other = OtherCompression(UnsafeRawBufferPointer(rebasing: input[..<inputEnd])) {
            throw other.refusal(of: file.path)
        }
        guard inputEnd >= 2, input[0] == 0x1f, input[1] == 0x8b else { return }
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        inflater = stream
        // 15 bits of window; 16 asks for the gzip wrapper and its checksum.
        guard inflateInit2_(stream, 15 + 16, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw DatasetError(
                .unreadable, file: file.path, problem: "zlib cannot be set up",
                recoverySuggestion: "check the zlib installation")
        }
        insideMember = true
    }

    deinit {
        if let inflater {
            inflateEnd(inflater)
            inflater.deallocate()
        }
        input.deallocate()
    }

    /// The number of bytes put into the buffer, which must not be empty: 0 at the end.
    mutating func read(into output: UnsafeMutableRawBufferPointer, line: Int) throws(DatasetError) -> Int {
        if !begun { try begin() }
        if zstd != nil { return try expandZstd(into: output, line: line) }
        guard let inflater else {
            guard inputStart < inputEnd else { return try readFile(into: output) }
            let count = min(inputEnd - inputStart, output.count)
            output.copyMemory(from: UnsafeRawBufferPointer(rebasing: input[inputStart..<inputStart + count]))
            inputStart += count
            return count
        }
        while true {
            if inputStart == inputEnd {
                inputStart = 0
                inputEnd = try readFile(into: input)
                if inputEnd == 0 {
                    guard !insideMember else {
                        throw DatasetError(
                            .invalid, file: file.path, line: line, problem: "the gzip data end too early",
                            recoverySuggestion: "the file is truncated: fetch or write it again")
                    }
                    return 0
                }
            }
            if !insideMember, try !beginNextMember(inflater, line: line) { continue }
            let count = try inflateSome(inflater, into: output, line: line)
            if count > 0 { return count }
        }
    }

    private mutating func expandZstd(
        into output: UnsafeMutableRawBufferPointer, line: Int
    ) throws(DatasetError) -> Int {
        while true {
            if inputStart == inputEnd {
                inputStart = 0
                inputEnd = try readFile(into: input)
                // What the window still holds is written without further input.
                if inputEnd == 0 {
                    let empty = UnsafeRawBufferPointer(start: input.baseAddress, count: 0)
                    guard let last = try zstd?.expand(empty, into: output, line: line), last.written > 0 else {
                        try zstd?.requireEnd(line: line)
                        return 0
                    }
                    return last.written
                }
            }
            let rest = UnsafeRawBufferPointer(rebasing: input[inputStart..<inputEnd])
            guard let step = try zstd?.expand(rest, into: output, line: line) else { return 0 }
            inputStart += step.read
            if step.written > 0 { return step.written }
        }
    }

    /// The error of a file whose gzip or zstd data are damaged or truncated, wherever that is; nil when it is sound or plain.
    ///
    /// The checksum comes last, so that damaged data may look like bad content first.
    package static func damage(path: String) -> DatasetError? {
        do throws(DatasetError) {
            var source = try ByteSource(path: path)
            try source.begin()
            guard source.inflater != nil || source.zstd != nil else { return nil }
            let output = UnsafeMutableRawBufferPointer.allocate(byteCount: source.outputSize, alignment: 16)
            defer { output.deallocate() }
            var line = 1
            while true {
                let count = try source.read(into: output, line: line)
                if count == 0 { return nil }
                line += output[..<count].count { $0 == 0x0a }
            }
        } catch {
            return error
        }
    }

    /// Several members may follow each other, and zeros may fill up the last block of a tape.
    private mutating func beginNextMember(
        _ inflater: UnsafeMutablePointer<z_stream>, line: Int
    ) throws(DatasetError) -> Bool {
        switch input[inputStart] {
        case 0:
            inputStart += 1
            return false
        case 0x1f where inflateReset(inflater) == Z_OK:
            insideMember = true
            return true
        default:
            throw damaged(line: line, "other bytes follow the gzip data")
        }
    }

    private mutating func inflateSome(
        _ inflater: UnsafeMutablePointer<z_stream>, into output: UnsafeMutableRawBufferPointer, line: Int
    ) throws(DatasetError) -> Int {
        let room = min(output.count, Int(CInt.max))
        inflater.pointee.next_in = input.baseAddress?.advanced(by: inputStart).assumingMemoryBound(to: Bytef.self)
        inflater.pointee.avail_in = uInt(inputEnd - inputStart)
        inflater.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: Bytef.self)
        inflater.pointee.avail_out = uInt(room)
        let status = inflate(inflater, Z_NO_FLUSH)
        inputStart = inputEnd - Int(inflater.pointee.avail_in)
        switch status {
        case Z_OK, Z_BUF_ERROR: break
        case Z_STREAM_END: insideMember = false
        default:
            throw damaged(line: line, inflater.pointee.msg.map { String(cString: $0) } ?? "zlib error \(status)")
        }
        return room - Int(inflater.pointee.avail_out)
    }

    private func damaged(line: Int, _ reason: String) -> DatasetError {
        DatasetError(
            .invalid, file: file.path, line: line, problem: "the gzip data are damaged: \(reason)",
            recoverySuggestion: "fetch or write the file again")
    }
}
