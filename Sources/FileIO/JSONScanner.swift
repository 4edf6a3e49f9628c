/// Text that is not JSON, or not the JSON that was expected.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Byte at which the text went wrong, from 0.
    public let offset: Int
    /// What is wrong there.
    public let reason: String

    /// The error that `reason` describes, at the byte `offset` from 0.
    package init(offset: Int, reason: String) {
        self.offset = offset
        self.reason = reason
    }

    public var description: String { "byte \(offset): \(reason.printable())" }
}

/// Reads the tokens of JSON (RFC 8259) strictly: no comments, no trailing commas, valid UTF-8, no lone surrogates.
///
/// The caller asks for what must come next, so hostile input can neither recurse nor allocate beyond what is asked for.
package struct JSONScanner {
    private let bytes: [UInt8]
    /// The next byte to read.
    package private(set) var offset = 0

    /// Before the first of `bytes`, which need not be JSON.
    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next byte that is not white space, or nil at the end.
    package mutating func peek() -> UInt8? {
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): offset += 1
            case let byte: return byte
            }
        }
        return nil
    }

    /// Reads `character` if it comes next.
    package mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }

    /// Reads `character`, which must come next.
    package mutating func expect(_ character: Unicode.Scalar) throws(JSONError) {
        guard skip(character) else { throw failure("expected \(character)") }
    }

    /// Nothing but white space may follow.
    package mutating func expectEnd() throws(JSONError) {
        guard peek() == nil else { throw failure("unexpected text after the end") }
    }

    /// An error at the next byte.
    package func failure(_ reason: String) -> JSONError { JSONError(offset: offset, reason: reason) }

    /// A sequence of members or elements up to `close`, whose opening bracket has been read; `element` reads one.
    package mutating func list(
        until close: Unicode.Scalar, _ element: (inout JSONScanner) throws(JSONError) -> Void
    ) throws(JSONError) {
        if skip(close) { return }
        repeat { try element(&self) } while skip(",")
        guard skip(close) else { throw failure("expected , or \(close)") }
    }

    /// A word such as `true`.
    package mutating func word(_ word: StaticString) -> Bool {
        guard peek() != nil, bytes.count - offset >= word.utf8CodeUnitCount else { return false }
        for index in 0..<word.utf8CodeUnitCount where bytes[offset + index] != word.utf8Start[index] { return false }
        offset += word.utf8CodeUnitCount
        return true
    }

    /// A whole number that is not negative and fits an `Int`.
    package mutating func count() throws(JSONError) -> Int {
        _ = peek()
        let start = offset
        guard case .integer(let value) = try number(), value >= 0 else {
            throw JSONError(offset: start, reason: "expected a whole number from 0 to \(Int.max)")
        }
        return value
    }

    /// A number: `.integer` where it is written as one and fits, else `.number`.
    package mutating func number() throws(JSONError) -> JSONValue {
        _ = peek()
        let start = offset
        _ = consume { $0 == UInt8(ascii: "-") }
        if !consume({ $0 == UInt8(ascii: "0") }), consumeDigits() == 0 { throw failure("expected a number") }
        var isWhole = true
        if consume({ $0 == UInt8(ascii: ".") }) {
            isWhole = false
            if consumeDigits() == 0 { throw failure("expected a digit") }
        }
        if consume({ $0 | 0x20 == UInt8(ascii: "e") }) {
            isWhole = false
            _ = consume { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
            if consumeDigits() == 0 { throw failure("expected a digit") }
        }
        if let next = bytesNext, UInt8(ascii: "0")...UInt8(ascii: "9") ~= next {
            throw failure("a number must not start with 0")
        }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        if isWhole, let value = Int(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else {
            throw JSONError(offset: start, reason: "the number is out of range")
        }
        return .number(value)
    }

    private var bytesNext: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func consume(_ isWanted: (UInt8) -> Bool) -> Bool {
        guard let next = bytesNext, isWanted(next) else { return false }
        offset += 1
        return true
    }

    private mutating func consumeDigits() -> Int {
        let start = offset
        while consume({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) {}
        return offset - start
    }

    /// A string, with its escapes resolved.
    package mutating func string() throws(JSONError) -> String {
        try expect("\"")
        let start = offset
        var content: [UInt8] = []
        while let byte = bytesNext {
            switch byte {
            case UInt8(ascii: "\""):
                offset += 1
                guard let text = String(validating: content, as: UTF8.self) else {
                    throw JSONError(offset: start, reason: "the string is not valid UTF-8")
                }
                guard text.isStreamSafe else {
                    throw JSONError(offset: start, reason: "the string has more than 30 combining marks in a row")
                }
                return text
            case UInt8(ascii: "\\"):
                offset += 1
                content.append(contentsOf: try escape())
            case 0..<0x20:
                throw failure("a control character in a string must be escaped")
            default:
                content.append(byte)
                offset += 1
            }
        }
        throw failure("the string has no end")
    }

    /// The UTF-8 of an escape whose backslash has been read.
    private mutating func escape() throws(JSONError) -> Unicode.UTF8.EncodedScalar {
        guard let byte = bytesNext else { throw failure("the string has no end") }
        offset += 1
        let scalar: Unicode.Scalar
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): scalar = Unicode.Scalar(byte)
        case UInt8(ascii: "b"): scalar = "\u{8}"
        case UInt8(ascii: "f"): scalar = "\u{C}"
        case UInt8(ascii: "n"): scalar = "\n"
        case UInt8(ascii: "r"): scalar = "\r"
        case UInt8(ascii: "t"): scalar = "\t"
        case UInt8(ascii: "u"): scalar = try unicodeEscape()
        default: throw JSONError(offset: offset - 1, reason: "unknown escape in a string")
        }
        return UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
    }

    private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
        let start = offset
        let first = try hexadecimalUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        if first < 0xDC00, consume({ $0 == UInt8(ascii: "\\") }), consume({ $0 == UInt8(ascii: "u") }) {
            let second = try hexadecimalUnit()
            if 0xDC00...0xDFFF ~= second,
                let scalar = Unicode.Scalar(0x10000 + (UInt32(first - 0xD800) << 10 | UInt32(second - 0xDC00)))
            {
                return scalar
            }
        }
        throw JSONError(offset: start, reason: "half of a surrogate pair in a string")
    }

    private mutating func hexadecimalUnit() throws(JSONError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = bytesNext, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw failure("expected four hexadecimal digits")
            }
            unit = unit << 4 | UInt16(digit)
            offset += 1
        }
        return unit
    }
}
