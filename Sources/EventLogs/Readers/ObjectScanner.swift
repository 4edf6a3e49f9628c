import Glibc

/// Goes through the tokens of an object in one line of text, JSON or a literal of Python, without recursion.
struct ObjectScanner {
    /// The extent of a value, and what it is.
    struct Value {
        enum Kind {
            /// Text without escapes, or a number, `true` or `false`.
            case plain
            /// Text with escapes.
            case escaped
            /// `null`, `None`.
            case null
            /// A list or an object.
            case nested
        }

        let kind: Kind
        /// Without quotation marks.
        let range: Range<Int>
    }

    private let bytes: UnsafeRawBufferPointer
    private var index = 0
    private var isFirst = true

    /// Deeper than this no log is nested.
    private static let deepest = 64

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    private func fault(_ reason: String) -> ObjectLine.Fault { ObjectLine.Fault(offset: index, reason: reason) }

    @inline(__always)
    private mutating func peek() -> UInt8? {
        while index < bytes.count {
            let byte = bytes[index]
            guard byte == 0x20 || byte == 0x09 else { return byte }
            index += 1
        }
        return nil
    }

    mutating func beginObject() throws(ObjectLine.Fault) {
        guard peek() == 0x7b else { throw fault("{ is expected") }
        index += 1
    }

    /// The next key, without quotation marks; nil behind the last one.
    mutating func nextKey() throws(ObjectLine.Fault) -> Range<Int>? {
        guard var byte = peek() else { throw fault("the line ends") }
        if byte == 0x7d {
            index += 1
            return nil
        }
        if !isFirst {
            guard byte == 0x2c else { throw fault(", or } is expected") }
            index += 1
            guard let next = peek() else { throw fault("the line ends") }
            byte = next
            // Python allows a comma behind the last one.
            if byte == 0x7d {
                index += 1
                return nil
            }
        }
        isFirst = false
        if byte == 0x75, index + 1 < bytes.count { index += 1 }
        let key = try string()
        guard peek() == 0x3a else { throw fault(": is expected") }
        index += 1
        return key.range
    }

    mutating func expectEnd() throws(ObjectLine.Fault) {
        guard peek() == nil else { throw fault("text follows the object") }
    }

    /// The value behind a key.
    mutating func value() throws(ObjectLine.Fault) -> Value {
        guard let byte = peek() else { throw fault("the line ends") }
        switch byte {
        case 0x22, 0x27: return try string()
        case 0x75 where index + 1 < bytes.count && (bytes[index + 1] == 0x27 || bytes[index + 1] == 0x22):
            index += 1
            return try string()
        case 0x7b, 0x5b, 0x28: return try nested()
        default: return try word()
        }
    }

    /// Text in quotation marks.
    private mutating func string() throws(ObjectLine.Fault) -> Value {
        guard index < bytes.count, bytes[index] == 0x22 || bytes[index] == 0x27 else {
            throw fault("a quotation mark is expected")
        }
        let quote = bytes[index]
        let start = index + 1
        var next = start
        var isEscaped = false
        while let base = bytes.baseAddress, next < bytes.count,
            let found = memchr(base + next, CInt(quote), bytes.count - next)
        {
            let end = UnsafeRawPointer(found) - base
            if memchr(base + next, 0x5c, end - next) != nil {
                isEscaped = true
                // Backslashes in pairs stand for themselves.
                var first = end
                while first > start, bytes[first - 1] == 0x5c { first -= 1 }
                if (end - first) % 2 == 1 {
                    next = end + 1
                    continue
                }
            }
            index = end + 1
            return Value(kind: isEscaped ? .escaped : .plain, range: start..<end)
        }
        throw fault("a quotation mark is never closed")
    }

    /// A number or a word.
    private mutating func word() throws(ObjectLine.Fault) -> Value {
        let start = index
        while index < bytes.count {
            let byte = bytes[index]
            let isInside =
                0x30...0x39 ~= byte || 0x41...0x5a ~= byte || 0x61...0x7a ~= byte || byte == 0x2e || byte == 0x2d
                || byte == 0x2b
            guard isInside else { break }
            index += 1
        }
        guard index > start else { throw fault("a value is expected") }
        let text = UnsafeRawBufferPointer(rebasing: bytes[start..<index])
        let isNumber = 0x30...0x39 ~= text[0] || text[0] == 0x2d || text[0] == 0x2b || text[0] == 0x2e
        let isNull = ["null", "None", "NaN"].contains { $0.utf8.elementsEqual(text) }
        guard isNumber || isNull || ["true", "false", "True", "False"].contains(where: { $0.utf8.elementsEqual(text) })
        else {
            index = start
            throw fault("a value is expected")
        }
        return Value(kind: isNull ? .null : .plain, range: start..<index)
    }

    /// Skips a list or an object: its brackets must match, and its text end.
    private mutating func nested() throws(ObjectLine.Fault) -> Value {
        let start = index
        var open: [UInt8] = []
        repeat {
            guard let byte = peek() else { throw fault("a bracket is never closed") }
            switch byte {
            case 0x7b: open.append(0x7d)
            case 0x5b: open.append(0x5d)
            case 0x28: open.append(0x29)
            case 0x7d, 0x5d, 0x29:
                guard open.popLast() == byte else { throw fault("a bracket does not match") }
            case 0x22, 0x27:
                _ = try string()
                continue
            default: break
            }
            guard open.count <= Self.deepest else { throw fault("more than \(Self.deepest) brackets are open") }
            index += 1
        } while !open.isEmpty
        return Value(kind: .nested, range: start..<index)
    }

    /// The text of a range with escapes.
    static func resolved(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>
    ) throws(ObjectLine.Fault) -> [UInt8] {
        var result: [UInt8] = []
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = bytes[index]
            guard byte == 0x5c, index + 1 < range.upperBound else {
                result.append(byte)
                index += 1
                continue
            }
            let escape = bytes[index + 1]
            index += 2
            switch escape {
            case 0x6e: result.append(0x0a)
            case 0x74: result.append(0x09)
            case 0x72: result.append(0x0d)
            case 0x62: result.append(0x08)
            case 0x66: result.append(0x0c)
            case 0x78, 0x75, 0x55:
                let digits = escape == 0x78 ? 2 : escape == 0x75 ? 4 : 8
                var scalar = try hexadecimal(bytes, index, range, digits)
                index += digits
                // A pair of surrogates is one character.
                if escape == 0x75, 0xD800...0xDBFF ~= scalar, index + 6 <= range.upperBound, bytes[index] == 0x5c,
                    bytes[index + 1] == 0x75
                {
                    let low = try hexadecimal(bytes, index + 2, range, 4)
                    if 0xDC00...0xDFFF ~= low {
                        scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
                        index += 6
                    }
                }
                guard let character = Unicode.Scalar(scalar) else {
                    throw ObjectLine.Fault(offset: index, reason: "half of a surrogate pair")
                }
                result.append(contentsOf: Array(String(character).utf8))
            default: result.append(escape)
            }
        }
        return result
    }

    private static func hexadecimal(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ range: Range<Int>, _ digits: Int
    ) throws(ObjectLine.Fault) -> UInt32 {
        guard start + digits <= range.upperBound else {
            throw ObjectLine.Fault(offset: start, reason: "an escape ends too early")
        }
        var value: UInt32 = 0
        for index in start..<start + digits {
            let byte = bytes[index]
            switch byte {
            case 0x30...0x39: value = value << 4 | UInt32(byte - 0x30)
            case 0x41...0x46: value = value << 4 | UInt32(byte - 0x37)
            case 0x61...0x66: value = value << 4 | UInt32(byte - 0x57)
            default: throw ObjectLine.Fault(offset: index, reason: "an escape is no number")
            }
        }
        return value
    }
}
