import CZstd

/// The state of zstd data that are being expanded: one or more frames, one behind the other.
struct ZstdExpansion: ~Copyable {
    private let path: String
    private let stream: OpaquePointer
    /// Inside a frame: between its header and its end.
    private var insideFrame = false

    /// Whether a file that begins so is zstd.
    static func recognizes(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.count >= 4 && bytes[0] == 0x28 && bytes[1] == 0xb5 && bytes[2] == 0x2f && bytes[3] == 0xfd
    }

    init(path: String) throws(DatasetError) {
        self.path = path
        guard let stream = ZSTD_createDStream() else {
            throw DatasetError(
                .unreadable, file: path, problem: "zstd cannot be set up",
                recoverySuggestion: "check the zstd installation")
        }
        self.stream = stream
        ZSTD_initDStream(stream)
    }

    deinit { ZSTD_freeDStream(stream) }

    /// Expands some of `input`.
    ///
    /// - Returns: how many bytes were read, and how many written to `output`.
    mutating func expand(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, line: Int
    ) throws(DatasetError) -> (read: Int, written: Int) {
        // Between two frames the library would wait for the next one.
        guard insideFrame || !input.isEmpty else { return (0, 0) }
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        let status = ZSTD_decompressStream(stream, &target, &source)
        guard ZSTD_isError(status) == 0 else {
            let reason = String(cString: ZSTD_getErrorName(status))
            throw DatasetError(
                .invalid, file: path, line: line, problem: "the zstd data are damaged: \(reason)",
                recoverySuggestion: reason.contains("memory")
                    ? "the file was compressed with a window above 128 MB: expand it with zstd -d --long=31"
                    : "fetch or write the file again")
        }
        insideFrame = status != 0
        return (source.pos, target.pos)
    }

    /// Refuses data that end inside a frame.
    func requireEnd(line: Int) throws(DatasetError) {
        guard insideFrame else { return }
        throw DatasetError(
            .invalid, file: path, line: line, problem: "the zstd data end too early",
            recoverySuggestion: "the file is truncated: fetch or write it again")
    }
}
