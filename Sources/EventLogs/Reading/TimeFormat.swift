import Interactions

/// How the times of a log are written.
package enum TimeNotation: String, Sendable, CaseIterable {
    /// Numbers of a unit since 1970.
    case seconds, milliseconds, microseconds, nanoseconds
    /// Dates, perhaps with a time of day.
    case iso
    /// Whole numbers in whatever unit, of which only the order is known.
    case order
}

/// How the times of a log are written and stored.
package struct TimeFormat: Sendable, Equatable {
    /// How they are written.
    package let notation: TimeNotation
    /// The unit in which they are stored; `seconds` for ``TimeNotation/order``.
    package let resolution: TimeResolution

    /// For the user.
    package var text: String {
        let stored = resolution == .seconds ? "" : ", stored in \(resolution.rawValue)"
        return switch notation {
        case .iso: "ISO 8601\(stored)"
        case .order: "whole numbers, too small for seconds since 1970: taken as an order"
        case .seconds: "seconds since 1970\(stored)"
        default: "\(notation.rawValue) since 1970"
        }
    }
}

/// Reads the times of a log.
struct TimeReader {
    let format: TimeFormat
    /// How many times had more digits than are stored.
    private(set) var cutCount = 0
    /// Digits behind the point that are kept.
    private let kept: Int
    /// The date that came last, as its ten characters, and when it begins: the next time is often of the same day.
    private var date: (first: UInt64, last: UInt16, seconds: Int64) = (0, 0, 0)

    init(_ format: TimeFormat) {
        self.format = format
        kept = format.notation == .iso || format.notation == .seconds ? format.resolution.digits : 0
    }

    /// The time in the unit in which it is stored; nil for what is none.
    @inline(__always)
    mutating func read(_ field: UnsafeRawBufferPointer) -> Int64? {
        // Most times are whole numbers of a few digits.
        if format.notation != .iso, kept == 0, field.count <= 18 {
            var value: Int64 = 0
            var isPlain = field.count > 0
            for byte in field {
                let digit = byte &- 0x30
                isPlain = isPlain && digit < 10
                value = value &* 10 &+ Int64(digit)
            }
            if isPlain { return value }
        }
        if format.notation == .iso, kept == 0, field.count == 19 || field.count == 20 {
            if let time = sameDay(field) { return time }
        }
        return readOther(field)
    }

    /// A time such as `2024-01-31T23:59:59` with or without `Z`, of the date that came last; nil for any other.
    @inline(__always)
    private mutating func sameDay(_ field: UnsafeRawBufferPointer) -> Int64? {
        let first = field.loadUnaligned(fromByteOffset: 0, as: UInt64.self)
        let last = field.loadUnaligned(fromByteOffset: 8, as: UInt16.self)
        guard field.count == 19 || field[19] == 0x5a, field[10] == 0x54 || field[10] == 0x20, field[13] == 0x3a,
            field[16] == 0x3a
        else { return nil }
        if first != date.first || last != date.last || first == 0 {
            guard field[4] == 0x2d, field[7] == 0x2d, let day = ISOTime(UnsafeRawBufferPointer(rebasing: field[..<10]))
            else { return nil }
            date = (first, last, day.seconds)
        }
        // 24:00 and second 60 are read the other way.
        guard let hour = Self.twoDigits(field, 11), hour < 24, let minute = Self.twoDigits(field, 14), minute < 60,
            let second = Self.twoDigits(field, 17), second < 60
        else { return nil }
        return date.seconds + (hour * 60 + minute) * 60 + second
    }

    @inline(__always)
    private static func twoDigits(_ field: UnsafeRawBufferPointer, _ offset: Int) -> Int64? {
        let (tens, ones) = (field[offset] &- 0x30, field[offset + 1] &- 0x30)
        return tens < 10 && ones < 10 ? Int64(tens) * 10 + Int64(ones) : nil
    }

    @inline(never)
    private mutating func readOther(_ field: UnsafeRawBufferPointer) -> Int64? {
        let (whole, fraction, digits): (Int64, Int64, Int)
        if format.notation == .iso {
            guard let time = ISOTime(field) else { return nil }
            (whole, fraction, digits) = (time.seconds, time.fraction, time.fractionDigits)
        } else {
            guard let number = DecimalNumber(field) else { return nil }
            (whole, fraction, digits) = (number.whole, number.fraction, number.fractionDigits)
        }
        var scaled = fraction
        if digits > kept {
            let unit = TimeReader.power(digits - kept)
            if fraction % unit != 0 { cutCount += 1 }
            scaled = fraction / unit
        } else {
            scaled *= TimeReader.power(kept - digits)
        }
        let (product, overflow) = whole.multipliedReportingOverflow(by: TimeReader.power(kept))
        let (sum, carry) = product.addingReportingOverflow(scaled)
        return overflow || carry ? nil : sum
    }

    private static func power(_ exponent: Int) -> Int64 { (0..<exponent).reduce(1) { power, _ in power * 10 } }
}

/// A decimal number without an exponent.
struct DecimalNumber {
    /// Towards minus infinity, so that the fraction is never negative.
    private(set) var whole: Int64 = 0
    private(set) var fraction: Int64 = 0
    private(set) var fractionDigits = 0

    /// nil for anything else, and beyond 64 bits.
    init?(_ text: UnsafeRawBufferPointer) {
        var offset = 0
        let isNegative = text.count > 0 && text[0] == 0x2d
        if isNegative || (text.count > 0 && text[0] == 0x2b) { offset = 1 }
        let start = offset
        while offset < text.count, text[offset] &- 0x30 < 10 {
            let (product, overflow) = whole.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int64(text[offset] &- 0x30))
            guard !overflow, !carry else { return nil }
            whole = sum
            offset += 1
        }
        guard offset > start else { return nil }
        if offset < text.count {
            guard text[offset] == 0x2e, offset + 1 < text.count else { return nil }
            offset += 1
            while offset < text.count {
                guard text[offset] &- 0x30 < 10 else { return nil }
                if fractionDigits < 9 {
                    fraction = fraction * 10 + Int64(text[offset] &- 0x30)
                    fractionDigits += 1
                }
                offset += 1
            }
            // `.0` is what tables with missing values acquire.
            while fractionDigits > 0, fraction % 10 == 0 {
                fraction /= 10
                fractionDigits -= 1
            }
        }
        guard isNegative else { return }
        whole = -whole
        guard fraction > 0 else { return }
        let unit: Int64 = (0..<fractionDigits).reduce(1) { power, _ in power * 10 }
        whole -= 1
        fraction = unit - fraction
    }
}

extension UnsafeRawBufferPointer {
    /// A rating: a decimal number, perhaps with an exponent; nil for anything else.
    var rating: Double? {
        if let number = DecimalNumber(self), number.fractionDigits <= 6 {
            var unit = 1.0
            for _ in 0..<number.fractionDigits { unit *= 10 }
            return Double(number.whole) + Double(number.fraction) / unit
        }
        guard count <= 40, let value = Double(String(decoding: self, as: UTF8.self)), value.isFinite else { return nil }
        return value
    }
}
