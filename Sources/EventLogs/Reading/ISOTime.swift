import Glibc

/// A date, or a date with a time of day, in ISO 8601: since 1970-01-01 00:00 UTC.
///
///     2024-01-31   2024-01-31T23:59   2024-01-31 23:59:59.250   2024-01-31T23:59:59Z   20240131T235959+0200
///     2024/01/31 23:59:59
///
/// The calendar is that of Gregory for all years. Without a zone the time is taken to be UTC. `UTC` and `GMT` may stand
/// for `Z`. A second 60 is the first of the next minute.
struct ISOTime {
    private(set) var seconds: Int64 = 0
    /// Digits behind the seconds, as a whole number, and how many there are; those after the ninth are dropped.
    private(set) var fraction: Int64 = 0
    private(set) var fractionDigits = 0
    /// Whether there was a zone.
    private(set) var hasZone = false

    /// nil for anything else.
    init?(_ text: UnsafeRawBufferPointer) {
        var rest = Digits(text)
        guard let year = rest.number(4) else { return nil }
        // Slashes are not of the standard, and as clear with the year in front.
        let separator: UInt8? = rest.skip(0x2d) ? 0x2d : rest.skip(0x2f) ? 0x2f : nil
        guard let month = rest.number(2), separator.map({ rest.skip($0) }) ?? true, let day = rest.number(2),
            let days = Self.days(year, month, day)
        else { return nil }
        seconds = days * 86_400
        if rest.isAtEnd { return }
        guard rest.skip(0x54) || rest.skip(0x74) || rest.skip(0x20), readTimeOfDay(&rest), readZone(&rest) else {
            return nil
        }
        guard rest.isAtEnd else { return nil }
    }

    private mutating func readTimeOfDay(_ rest: inout Digits) -> Bool {
        guard let hour = rest.number(2), hour <= 24 else { return false }
        var (minute, second) = (0, 0)
        let hasColon = rest.skip(0x3a)
        if let number = rest.number(2) {
            minute = number
            if hasColon ? rest.skip(0x3a) : rest.isAtDigit {
                guard let number = rest.number(2) else { return false }
                second = number
                if rest.skip(0x2e) || rest.skip(0x2c) {
                    guard let (value, count) = rest.fraction() else { return false }
                    (fraction, fractionDigits) = (value, count)
                }
            }
        } else if hasColon {
            return false
        }
        guard minute < 60, second <= 60, hour < 24 || (minute == 0 && second == 0 && fraction == 0) else {
            return false
        }
        seconds += Int64(hour * 3_600 + minute * 60 + second)
        return true
    }

    private mutating func readZone(_ rest: inout Digits) -> Bool {
        if rest.isAtEnd { return true }
        hasZone = true
        if rest.skip(0x5a) || rest.skip(0x7a) { return true }
        _ = rest.skip(0x20)
        if rest.skip("UTC") || rest.skip("GMT") { return true }
        let isWest = rest.skip(0x2d)
        guard isWest || rest.skip(0x2b), let hours = rest.number(2), hours <= 18 else { return false }
        var minutes = 0
        if !rest.isAtEnd {
            _ = rest.skip(0x3a)
            guard let number = rest.number(2), number < 60 else { return false }
            minutes = number
        }
        let offset = Int64(hours * 3_600 + minutes * 60)
        seconds += isWest ? offset : -offset
        return true
    }

    /// Days since 1970-01-01; nil for a date that there is not.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int64? {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        guard 1...12 ~= month, day >= 1, day <= lengths[month - 1] + (month == 2 && isLeap ? 1 : 0) else { return nil }
        // Years that begin in March have the leap day at their end.
        let shifted = month > 2 ? year : year - 1
        let century = shifted >= 0 ? shifted / 400 : (shifted - 399) / 400
        let yearOfCentury = shifted - century * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfCentury = yearOfCentury * 365 + yearOfCentury / 4 - yearOfCentury / 100 + dayOfYear
        return Int64(century * 146_097 + dayOfCentury - 719_468)
    }

    private static let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
}

extension ISOTime {
    /// `2024-01-31 23:59:59` in UTC, for people; nil beyond the years 0 to 9999.
    static func text(ofSeconds seconds: Int64) -> String? {
        guard seconds >= -62_167_219_200, seconds < 253_402_300_800 else { return nil }
        var time = time_t(seconds)
        var parts = tm()
        guard gmtime_r(&time, &parts) != nil else { return nil }
        func digits(_ value: Int32, _ count: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
        }
        return "\(digits(parts.tm_year + 1_900, 4))-\(digits(parts.tm_mon + 1, 2))-\(digits(parts.tm_mday, 2)) "
            + "\(digits(parts.tm_hour, 2)):\(digits(parts.tm_min, 2)):\(digits(parts.tm_sec, 2))"
    }
}

/// The digits of a time, front to back.
private struct Digits {
    private let text: UnsafeRawBufferPointer
    private var cursor = 0

    init(_ text: UnsafeRawBufferPointer) { self.text = text }

    var isAtEnd: Bool { cursor == text.count }

    var isAtDigit: Bool { cursor < text.count && text[cursor] &- 0x30 < 10 }

    @inline(__always)
    mutating func skip(_ byte: UInt8) -> Bool {
        guard cursor < text.count, text[cursor] == byte else { return false }
        cursor += 1
        return true
    }

    mutating func skip(_ word: StaticString) -> Bool {
        guard text.count - cursor >= word.utf8CodeUnitCount else { return false }
        for index in 0..<word.utf8CodeUnitCount where text[cursor + index] != word.utf8Start[index] { return false }
        cursor += word.utf8CodeUnitCount
        return true
    }

    /// A number of so many digits.
    @inline(__always)
    mutating func number(_ count: Int) -> Int? {
        guard text.count - cursor >= count else { return nil }
        var value = 0
        for index in cursor..<cursor + count {
            let digit = text[index] &- 0x30
            guard digit < 10 else { return nil }
            value = value * 10 + Int(digit)
        }
        cursor += count
        return value
    }

    /// All digits that follow, at least one.
    mutating func fraction() -> (value: Int64, count: Int)? {
        let start = cursor
        var value: Int64 = 0
        while isAtDigit {
            if cursor - start < 9 { value = value * 10 + Int64(text[cursor] &- 0x30) }
            cursor += 1
        }
        return cursor > start ? (value, min(9, cursor - start)) : nil
    }
}
