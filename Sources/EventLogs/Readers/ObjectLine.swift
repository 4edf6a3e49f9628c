import Glibc

/// The members of an object that a line holds: JSON, or a literal of Python with single quotation marks, `None`, `True`,
/// `u'...'`.
///
/// Only the values that are asked for are looked into. Of the others their extent is found: so a line of a long review
/// costs little more than a search for its quotation marks.
struct ObjectLine: ~Copyable {
    /// What is wrong with a line.
    struct Fault: Error {
        /// The byte from 0.
        let offset: Int
        let reason: String

        var text: String { "the line is no object: \(reason) at byte \(offset + 1)" }
    }

    static let recoverySuggestion = "every line must be one JSON object, or one literal of Python: {\"user\": ...}"

    private let keys: [[UInt8]]
    private var values: [(start: Int, end: Int)?]
    private var base: UnsafeRawPointer?
    /// Values whose escapes were resolved, and where they are.
    private var resolved: [[UInt8]?]
    private let scratch: UnsafeMutableRawBufferPointer
    private static let longestEscaped = 4_096

    /// - Parameter keys: whose values are asked for; nil: none.
    init(keys: [String?]) {
        self.keys = keys.map { Array(($0 ?? "").utf8) }
        values = Array(repeating: nil, count: keys.count)
        resolved = Array(repeating: nil, count: keys.count)
        scratch = .allocate(byteCount: keys.count * Self.longestEscaped, alignment: 16)
    }

    deinit { scratch.deallocate() }

    /// The value of a key, without quotation marks; nil where it is missing or null. Valid until the next line.
    func value(_ index: Int) -> UnsafeRawBufferPointer? {
        guard let value = values[index] else { return nil }
        if let count = resolved[index]?.count {
            let start = index * Self.longestEscaped
            return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(scratch)[start..<start + count])
        }
        return UnsafeRawBufferPointer(start: base.map { $0 + value.start }, count: value.end - value.start)
    }

    /// Reads a line.
    mutating func read(_ line: UnsafeRawBufferPointer) throws(Fault) {
        base = line.baseAddress
        for index in values.indices {
            values[index] = nil
            resolved[index] = nil
        }
        var scanner = ObjectScanner(line)
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            let value = try scanner.value()
            guard let index = keys.firstIndex(where: { !$0.isEmpty && $0.elementsEqual(line[key]) }) else { continue }
            guard values[index] == nil else {
                throw Fault(offset: key.lowerBound, reason: "a key is there twice")
            }
            try keep(value, index, line)
        }
        try scanner.expectEnd()
    }

    private mutating func keep(
        _ value: ObjectScanner.Value, _ index: Int, _ line: UnsafeRawBufferPointer
    ) throws(Fault) {
        switch value.kind {
        case .null: return
        case .nested: throw Fault(offset: value.range.lowerBound, reason: "a value is a list or an object")
        case .plain: values[index] = (value.range.lowerBound, value.range.upperBound)
        case .escaped:
            let text = try ObjectScanner.resolved(line, value.range)
            guard text.count <= Self.longestEscaped else {
                throw Fault(
                    offset: value.range.lowerBound, reason: "a value is longer than \(Self.longestEscaped) bytes")
            }
            let start = index * Self.longestEscaped
            UnsafeMutableRawBufferPointer(rebasing: scratch[start..<start + text.count]).copyBytes(from: text)
            resolved[index] = text
            values[index] = (value.range.lowerBound, value.range.upperBound)
        }
    }

    /// All members of a line, with the values that are text or numbers.
    static func members(of line: [UInt8]) throws(Fault) -> [(key: String, value: [UInt8])] {
        var result: [(key: String, value: [UInt8])] = []
        var fault: Fault?
        line.withUnsafeBytes { bytes in
            do throws(Fault) { result = try members(of: bytes) } catch { fault = error }
        }
        if let fault { throw fault }
        return result
    }

    private static func members(of line: UnsafeRawBufferPointer) throws(Fault) -> [(key: String, value: [UInt8])] {
        var result: [(key: String, value: [UInt8])] = []
        var scanner = ObjectScanner(line)
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            let value = try scanner.value()
            guard result.count < 1_000 else { throw Fault(offset: key.lowerBound, reason: "more than 1000 keys") }
            let name = String(decoding: line[key].prefix(200), as: UTF8.self)
            switch value.kind {
            case .plain: result.append((name, Array(line[value.range].prefix(4_096))))
            case .escaped: result.append((name, try ObjectScanner.resolved(line, value.range)))
            case .null, .nested: result.append((name, []))
            }
        }
        try scanner.expectEnd()
        return result
    }
}
