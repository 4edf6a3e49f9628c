import FileIO

/// Writes an array of floats as a file of NumPy (format 1.0), piece by piece, which appears under its name complete or
/// not at all.
///
///     \x93NUMPY 1 0 | u16 length | {'descr': '<f4', 'fortran_order': False, 'shape': (n, d), } ... \n | floats
///
/// Format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.
struct NumpyWriter: ~Copyable {
    private let file: AtomicFile
    private var missing: Int

    /// - Parameter shape: sizes of the dimensions, the slowest first.
    init(replacing path: String, shape: [Int]) throws(FileError) {
        missing = shape.reduce(1, *)
        file = try Self.begin(path, shape)
    }

    private static func begin(_ path: String, _ shape: [Int]) throws(FileError) -> AtomicFile {
        let file = try AtomicFile(replacing: path)
        try file.write(header(shape))
        return file
    }

    /// Adds the next floats, in the order of the rows.
    mutating func append(_ values: UnsafeBufferPointer<Float>) throws(FileError) {
        precondition(values.count <= missing, "more floats than the shape has")
        missing -= values.count
        try file.write(UnsafeRawBufferPointer(values))
    }

    /// Gives the file its name.
    consuming func finish() throws(FileError) {
        precondition(missing == 0, "fewer floats than the shape has")
        try file.commit()
    }

    /// Everything before the floats: a multiple of 64 bytes, so that a mapped array is aligned.
    static func header(_ shape: [Int]) -> [UInt8] {
        // A tuple of one has a comma behind it.
        let tuple = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
        var text = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(tuple)), }"
        let prefix = 10
        let padding = (64 - (prefix + text.utf8.count + 1) % 64) % 64
        text += String(repeating: " ", count: padding) + "\n"
        let length = text.utf8.count
        return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 255), UInt8(length >> 8)] + Array(text.utf8)
    }
}
