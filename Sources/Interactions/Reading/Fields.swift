import Glibc

/// Why the bytes of a field are not a whole number.
package enum NumberFault: Error {
    /// Other characters than digits, or none.
    case notANumber
    /// More than 64 bits hold.
    case tooLarge
}

extension UnsafeRawBufferPointer {
    /// Without spaces and TABs at either end.
    package var trimmed: UnsafeRawBufferPointer {
        var start = 0
        var end = count
        while start < end, self[start] == 0x20 || self[start] == 0x09 { start += 1 }
        while end > start, self[end - 1] == 0x20 || self[end - 1] == 0x09 { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: self[start..<end])
    }

    /// The field up to the next separator, which is removed from the front together with it; nil when none is left.
    package static func nextField(of rest: inout UnsafeRawBufferPointer?, separator: UInt8) -> UnsafeRawBufferPointer? {
        guard let line = rest else { return nil }
        guard let base = line.baseAddress, !line.isEmpty, let found = memchr(base, CInt(separator), line.count) else {
            rest = nil
            return line
        }
        let length = UnsafeRawPointer(found) - base
        rest = UnsafeRawBufferPointer(rebasing: line[(length + 1)...])
        return UnsafeRawBufferPointer(rebasing: line[..<length])
    }

    /// The next run of bytes other than space and TAB; nil when none is left.
    package static func nextWord(of rest: inout UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        var start = 0
        while start < rest.count, rest[start] == 0x20 || rest[start] == 0x09 { start += 1 }
        guard start < rest.count else { return nil }
        var end = start
        while end < rest.count, rest[end] != 0x20, rest[end] != 0x09 { end += 1 }
        defer { rest = UnsafeRawBufferPointer(rebasing: rest[end...]) }
        return UnsafeRawBufferPointer(rebasing: rest[start..<end])
    }

    /// A decimal whole number, with a sign and spaces around it allowed, and with the `.0` that tables with missing
    /// values acquire.
    package func wholeNumber() throws(NumberFault) -> Int64 {
        let digits = trimmed
        var index = 0
        var negative = false
        if digits.count > 1, digits[0] == 0x2d || digits[0] == 0x2b {
            negative = digits[0] == 0x2d
            index = 1
        }
        let first = index
        var value: Int64 = 0
        while index < digits.count {
            let digit = digits[index] &- 0x30
            guard digit < 10 else { break }
            // 18 digits always fit.
            if index - first < 18 {
                value = value &* 10 &+ Int64(digit)
            } else {
                let (product, overflow) = value.multipliedReportingOverflow(by: 10)
                let (sum, carry) = product.addingReportingOverflow(Int64(digit))
                guard !overflow, !carry else { throw .tooLarge }
                value = sum
            }
            index += 1
        }
        guard index > first else { throw .notANumber }
        if index < digits.count {
            guard digits[index] == 0x2e, digits[(index + 1)...].allSatisfy({ $0 == 0x30 }) else {
                throw .notANumber
            }
        }
        return negative ? -value : value
    }

    /// For messages: in quotation marks, what is not printable ASCII as `\xNN`, cut after 40 bytes.
    package var quoted: String {
        var text = "\""
        for byte in prefix(40) {
            if byte >= 0x20, byte < 0x7f {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else if byte == 0x09 {
                text += "\\t"
            } else {
                let digits = String(byte, radix: 16)
                text += "\\x" + (digits.count < 2 ? "0" : "") + digits
            }
        }
        return text + (count > 40 ? "...\" (\(count) bytes)" : "\"")
    }
}

extension LineReader {
    /// A whole number in the current line.
    func wholeNumber(_ field: UnsafeRawBufferPointer, _ name: String) throws(DatasetError) -> Int64 {
        do {
            return try field.wholeNumber()
        } catch .notANumber {
            throw failure("\(name) is \(field.quoted)", "\(name) must be a whole number")
        } catch {
            throw failure("\(name) is too large: \(field.quoted)", "\(name) must fit into 64 bits")
        }
    }

    /// Refuses the current line where `table` is full: rows are numbered with 32 bits.
    @inline(__always)
    func requireRoom(in table: borrowing InteractionTable) throws(DatasetError) {
        guard table.count < Int(Int32.max) - 1 else {
            throw failure("more than \(Int32.max - 1) interactions", "filter the data set")
        }
    }

    /// The number of a user's or item's id in the current line.
    @inline(__always)
    func number(
        _ field: UnsafeRawBufferPointer, _ name: String, _ ids: inout IdNumbering
    ) throws(DatasetError) -> Int32 {
        if let id = try? field.wholeNumber(), let number = ids.number(of: id) { return number }
        throw idFailure(field, name, ids)
    }

    @inline(never)
    private func idFailure(_ field: UnsafeRawBufferPointer, _ name: String, _ ids: IdNumbering) -> DatasetError {
        let id: Int64
        do throws(NumberFault) {
            id = try field.wholeNumber()
        } catch .tooLarge {
            return failure("\(name) is \(field.trimmed.quoted)", "ids must not exceed \(Int64.max)")
        } catch {
            return failure(
                "\(name) is \(field.quoted)",
                "\(name) must be a whole number, 1 or more; text as ids, and other files, come in with trainer data convert"
            )
        }
        if id < 1 {
            return failure("\(name) is \(id)", "ids count from 1: 0 stands for padding and cannot be used")
        }
        let (problem, recoverySuggestion) = ids.refusal(of: id, name)
        return failure(problem, recoverySuggestion)
    }
}
