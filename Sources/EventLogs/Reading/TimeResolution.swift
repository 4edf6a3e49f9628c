/// The unit in which the times of a conversion are stored.
package enum TimeResolution: String, Sendable, CaseIterable, Comparable {
    /// A time is a whole number of this unit since 1970.
    case seconds, milliseconds, microseconds, nanoseconds

    /// Digits behind those of seconds.
    var digits: Int {
        switch self {
        case .seconds: 0
        case .milliseconds: 3
        case .microseconds: 6
        case .nanoseconds: 9
        }
    }

    /// The coarsest that has so many digits behind those of seconds.
    init(digits: Int) {
        self = digits == 0 ? .seconds : digits <= 3 ? .milliseconds : digits <= 6 ? .microseconds : .nanoseconds
    }

    /// How many of them a second has.
    package var perSecond: Int64 {
        switch self {
        case .seconds: 1
        case .milliseconds: 1_000
        case .microseconds: 1_000_000
        case .nanoseconds: 1_000_000_000
        }
    }

    package static func < (one: TimeResolution, other: TimeResolution) -> Bool { one.digits < other.digits }
}
