import Interactions

extension TimeFormat {
    /// What speaks against finding out how times are written.
    struct Unclear: Error {
        let problem: String
        let recoverySuggestion: String
    }

    /// Later than this in its unit no time of an event is: the year 2100.
    private static let latest: Int64 = 4_102_444_800
    /// Earlier than this no time is taken for seconds: 1973.
    private static let earliest: Int64 = 100_000_000

    /// How the times are written, by some of them.
    ///
    /// - Parameter notation: what the user says; nil: to be found out.
    init(of fields: [[UInt8]], as notation: TimeNotation?) throws(Unclear) {
        if let notation {
            let digits = notation == .seconds || notation == .iso ? Self.fractionDigits(fields, notation) : 0
            let resolution = TimeResolution(rawValue: notation.rawValue) ?? .seconds
            self.init(notation: notation, resolution: max(resolution, TimeResolution(digits: digits)))
            return
        }
        let numbers = fields.map { $0.withUnsafeBytes { DecimalNumber($0)?.whole } }
        guard !numbers.allSatisfy({ $0 == nil }) else {
            let isISO = fields.map { $0.withUnsafeBytes { ISOTime($0) != nil } }
            guard let first = isISO.firstIndex(of: false) else {
                let digits = Self.fractionDigits(fields, .iso)
                self.init(notation: .iso, resolution: TimeResolution(digits: digits))
                return
            }
            throw Self.noTime(fields[first])
        }
        guard let bad = numbers.firstIndex(of: nil) else {
            try self.init(numbers: numbers.compactMap { $0 }, fields)
            return
        }
        throw Self.noTime(fields[bad])
    }

    private init(numbers: [Int64], _ fields: [[UInt8]]) throws(Unclear) {
        let most = numbers.max() ?? 0
        let least = numbers.filter { $0 != 0 }.min() ?? 0
        if least >= -Self.earliest, most < Self.earliest {
            // 20240131 is a date, or a number like any other.
            let areDates = fields.allSatisfy { $0.count == 8 && $0.withUnsafeBytes { ISOTime($0) != nil } }
            guard !areDates else {
                throw Unclear(
                    problem: "the times, such as \(most), can be dates or numbers",
                    recoverySuggestion: "choose --time-format iso for dates, or --time-format order for numbers")
            }
            self.init(notation: .order, resolution: .seconds)
            return
        }
        for (notation, resolution) in [
            (TimeNotation.seconds, TimeResolution.seconds), (.milliseconds, .milliseconds),
            (.microseconds, .microseconds), (.nanoseconds, .nanoseconds),
        ] {
            let (low, high) = (Self.earliest, Self.latest)
            // In nanoseconds the bounds do not fit: the numbers are divided instead.
            let unit = resolution.perSecond
            guard least / unit >= low, most / unit <= high else { continue }
            let digits = notation == .seconds ? Self.fractionDigits(fields, notation) : 0
            self.init(notation: notation, resolution: max(resolution, TimeResolution(digits: digits)))
            return
        }
        throw Unclear(
            problem: "the unit of the times is not clear: they go from \(least) to \(most)",
            recoverySuggestion:
                "name it with --time-format \(TimeNotation.allCases.map(\.rawValue).joined(separator: ", "))")
    }

    private static func noTime(_ field: [UInt8]) -> Unclear {
        let text = String(decoding: field.prefix(40), as: UTF8.self)
        // 31/01/2024, 1.31.2024 14:00
        guard text.firstMatch(of: /^\d{1,2}[.\/-]\d{1,2}[.\/-]\d{2,4}($|\D)/) == nil else {
            return Unclear(
                problem: "the time is \(field.withUnsafeBytes { $0.quoted }): day or month first is not clear",
                recoverySuggestion: "write dates with the year first: 2024-01-31 or 2024/01/31")
        }
        return Unclear(
            problem: "the time is \(field.withUnsafeBytes { $0.quoted })",
            recoverySuggestion:
                "a time is a number (seconds, milliseconds since 1970) or ISO 8601: 2024-01-31T23:59:59Z; is it the right "
                + "column (--time-column)?")
    }

    /// The most digits behind the point.
    private static func fractionDigits(_ fields: [[UInt8]], _ notation: TimeNotation) -> Int {
        fields.map { field in
            field.withUnsafeBytes {
                notation == .iso ? ISOTime($0)?.fractionDigits ?? 0 : DecimalNumber($0)?.fractionDigits ?? 0
            }
        }.max() ?? 0
    }
}
