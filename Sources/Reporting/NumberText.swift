import Glibc

/// Numbers as people read them.
public enum NumberText {
    /// With a fixed number of decimals, such as `0.4213`; not finite: `nan`, `inf`, `-inf`.
    public static func fixed(_ value: Double, decimals: Int) -> String {
        guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
        return withVaList([Int32(max(0, min(decimals, 15))), value]) { arguments in
            // The longest finite number has 309 digits before the point.
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: 352) { buffer in
                vsnprintf(buffer.baseAddress!, buffer.count, "%.*f", arguments)
                return String(cString: buffer.baseAddress!)
            }
        }
    }

    /// With so many significant digits and an exponent where the number is very large or small, such as `1.05e+21`.
    public static func significant(_ value: Double, digits: Int) -> String {
        guard value.isFinite else { return fixed(value, decimals: 0) }
        return withVaList([Int32(max(1, min(digits, 17))), value]) { arguments in
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
                vsnprintf(buffer.baseAddress!, buffer.count, "%.*g", arguments)
                return String(cString: buffer.baseAddress!)
            }
        }
    }

    /// A whole number with a comma between groups of three digits, such as `52,310`.
    public static func grouped(_ value: Int) -> String {
        let digits = Array(String(value.magnitude))
        var text = value < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// A number of things, such as `1 line` and `52,310 lines`.
    ///
    /// - Parameter nouns: the plural, of which an `s` at the end is left out for one.
    public static func counted(_ value: Int, _ nouns: String) -> String {
        "\(grouped(value)) \(value == 1 && nouns.hasSuffix("s") ? String(nouns.dropLast()) : nouns)"
    }

    /// A duration as `0:42`, `12:05` or `3:01:09`.
    public static func duration(seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e9 else { return "?" }
        let total = Int(max(0, seconds).rounded())
        let (hours, minutes, rest) = (total / 3600, total / 60 % 60, total % 60)
        func twoDigits(_ value: Int) -> String { (value < 10 ? "0" : "") + String(value) }
        return hours > 0 ? "\(hours):\(twoDigits(minutes)):\(twoDigits(rest))" : "\(minutes):\(twoDigits(rest))"
    }
}
