import CZlib

/// Compression of inputs, so that what lies behind the checksums is reached as well.
enum Gzip {
    /// 15 bits of window; 16 asks for the gzip wrapper.
    private static let format: CInt = 15 + 16
    private static let streamSize = CInt(MemoryLayout<z_stream>.size)

    /// `bytes` as one gzip member.
    static func compressed(_ bytes: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        let memoryLevel: CInt = 8
        guard
            deflateInit2_(
                &stream, 6, Z_DEFLATED, format, memoryLevel, Z_DEFAULT_STRATEGY, ZLIB_VERSION, streamSize) == Z_OK
        else { fatalError("zlib cannot be set up") }
        defer { deflateEnd(&stream) }
        let room = Int(deflateBound(&stream, uLong(bytes.count)))
        return run(&stream, on: bytes, room: room) { deflate($0, Z_FINISH) } ?? []
    }

    /// The first member of `bytes`; nil where that is damaged or longer than `limit`.
    static func expanded(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
        var stream = z_stream()
        guard inflateInit2_(&stream, format, ZLIB_VERSION, streamSize) == Z_OK else { return nil }
        defer { inflateEnd(&stream) }
        return run(&stream, on: bytes, room: limit) { inflate($0, Z_FINISH) }
    }

    private static func run(
        _ stream: inout z_stream, on bytes: [UInt8], room: Int, _ step: (UnsafeMutablePointer<z_stream>) -> CInt
    ) -> [UInt8]? {
        var input = bytes
        var status = Z_OK
        let output = input.withUnsafeMutableBufferPointer { input in
            [UInt8](unsafeUninitializedCapacity: room) { output, count in
                stream.next_in = input.baseAddress
                stream.avail_in = uInt(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = uInt(room)
                status = step(&stream)
                count = Int(stream.total_out)
            }
        }
        return status == Z_STREAM_END ? output : nil
    }
}
