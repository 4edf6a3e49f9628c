import FileIO

/// What a training has printed in one of its attempts.
struct TrialLog {
    /// More bytes than messages have.
    private static let largestPart = 1 << 16

    private let lines: [String]

    /// - Parameters:
    ///   - path: of the file.
    ///   - start: its size before the attempt.
    init(_ path: String, from start: Int) {
        var bytes: [UInt8] = []
        if let file = try? OpenFile(path: path, access: .read), let size = try? file.size() {
            // The end has the message.
            let first = max(start, size - Self.largestPart)
            bytes = (try? file.bytes(at: first, count: max(size - first, 0))) ?? []
        }
        lines = String(decoding: bytes, as: UTF8.self).split { $0.isNewline }.map(String.init)
    }

    /// The first error, with what to do, on one line; otherwise the last line. Nil where nothing was printed.
    var message: String? {
        guard let index = lines.firstIndex(where: { $0.hasPrefix("error: ") || $0.hasPrefix("Error: ") }) else {
            return lines.last?.printable(limit: 300)
        }
        let rest = lines[(index + 1)...].prefix { $0.hasPrefix("       ") }.map { $0.drop { $0 == " " } }
        return ([lines[index].dropFirst(7)] + rest).joined(separator: "; ").printable(limit: 300)
    }
}
