import CZstd

/// Compression of inputs, so that what lies behind the checksums is reached as well.
enum Zstd {
    /// `bytes` as one frame.
    static func compressed(_ bytes: [UInt8]) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
        let count = ZSTD_compress(&output, output.count, bytes, bytes.count, 1)
        guard ZSTD_isError(count) == 0 else { fatalError("zstd cannot compress") }
        return Array(output[..<count])
    }

    /// The frames of `bytes`; nil where they are damaged or longer than `limit`.
    static func expanded(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
        var output = [UInt8](repeating: 0, count: limit)
        let count = ZSTD_decompress(&output, limit, bytes, bytes.count)
        return ZSTD_isError(count) == 0 ? Array(output[..<count]) : nil
    }
}
