import FileIO
import Glibc
import Reporting

extension DataInspection {
    /// What looks wrong, and what to do.
    public var concerns: [Concern] {
        [
            missingTimes, constantTime, oddTimes, ties, exactRepeats, repeats, longHistories, shortHistories, rareItems,
            missingIds, mixedKinds, lowRatings, coldItems, fewItems,
        ].compactMap { $0 }
    }

    private func percent(_ part: Int, of whole: Int) -> String {
        NumberText.fixed(100 * Double(part) / Double(max(1, whole)), decimals: 1) + " %"
    }

    private var missingTimes: Concern? {
        hasTimes
            ? nil
            : Concern(
                observation: "there are no times: the order of the file counts",
                advice: "name a column with --time-column, or make sure that the events of a user are in their order")
    }

    private var constantTime: Concern? {
        guard let span = statistics.span, span.lowerBound == span.upperBound, statistics.events > 1 else { return nil }
        return Concern(
            observation: "all events have the same time, \(text(ofTime: span.lowerBound))",
            advice: "name another column with --time-column, or --time-column none")
    }

    private var oddTimes: Concern? {
        guard let span = statistics.span, let timeFormat, timeFormat.notation != .order else { return nil }
        let unit = timeFormat.resolution.perSecond
        // 1995: before that nobody bought in a web shop.
        let isEarly = span.lowerBound / unit < 788_918_400
        let isLate = span.upperBound / unit > Int64(time(nil)) + 86_400
        guard isEarly || isLate else { return nil }
        return Concern(
            observation: "times go from \(text(ofTime: span.lowerBound)) to \(text(ofTime: span.upperBound))",
            advice: "leave out what cannot be with --from and --until, or choose --time-format")
    }

    private var ties: Concern? {
        guard 5 * statistics.ties > statistics.events else { return nil }
        return Concern(
            observation:
                "\(percent(statistics.ties, of: statistics.events)) of the events have the time of the one before",
            advice:
                "their order is that of the file; a finer time, where there is one, makes the order of a history sure")
    }

    private var exactRepeats: Concern? {
        guard statistics.exactRepeats > 0 else { return nil }
        return Concern(
            observation:
                "events that have user, item and time in common with another one: "
                + NumberText.grouped(statistics.exactRepeats),
            advice: "`data convert` leaves one of each; to keep them: --exact-repeats keep")
    }

    private var repeats: Concern? {
        guard 10 * statistics.repeats > 3 * statistics.events else { return nil }
        return Concern(
            observation:
                "\(percent(statistics.repeats, of: statistics.events)) of the events repeat an item of their user",
            advice:
                "to recommend what is new to a user: --repeats keep-first; what is had again and again is easy to predict"
        )
    }

    private var longHistories: Concern? {
        let (percentile99, most) = (statistics.historyLengths.values[5], statistics.historyLengths.values[6])
        guard most > 500, most > 10 * max(1, percentile99), let first = longestUsers.first else { return nil }
        return Concern(
            observation:
                "user \(first.name.printable(limit: 60)) has \(NumberText.counted(most, "events")), 99 % of the users have at most \(NumberText.grouped(percentile99))",
            advice:
                "a program rather than a person? remove such users with --max-user-events \(10 * max(1, percentile99))")
    }

    private var shortHistories: Concern? {
        guard 5 * statistics.usersBelowThree > statistics.users else { return nil }
        return Concern(
            observation:
                "\(percent(statistics.usersBelowThree, of: statistics.users)) of the users have fewer than three events",
            advice: "they are in train only, those with one event have no sample; to leave them out: --core-users 3")
    }

    private var rareItems: Concern? {
        guard 2 * statistics.itemsWithOne > statistics.items else { return nil }
        return Concern(
            observation: "\(percent(statistics.itemsWithOne, of: statistics.items)) of the items have a single event",
            advice: "nothing can be learned of them; to leave them out: --core-items 5")
    }

    private static let noIds: Set<String> = [
        "null", "none", "nan", "na", "n/a", "undefined", "unknown", "anonymous", "guest", "0", "-1", "\\n",
    ]

    private var missingIds: Concern? {
        let suspects =
            longestUsers.filter { Self.noIds.contains($0.name.lowercased()) }.map {
                "user \($0.name) (\(NumberText.grouped($0.events)))"
            }
            + popularItems.filter { Self.noIds.contains($0.name.lowercased()) }.map {
                "item \($0.name) (\(NumberText.grouped($0.events)))"
            }
        guard !suspects.isEmpty else { return nil }
        return Concern(
            observation: "among those with the most events: \(suspects.joined(separator: ", "))",
            advice: "an id that stands for none? remove these lines, or leave the user out with --max-user-events")
    }

    private var mixedKinds: Concern? {
        guard kinds.count > 1 else { return nil }
        return Concern(
            observation: "there are several kinds of events: \(ConversionSteps.list(kinds))",
            advice: "all count unless some are chosen with --events")
    }

    private var lowRatings: Concern? {
        guard let ratings, ratings.least < ratings.most else { return nil }
        let mean = NumberText.fixed(ratings.mean, decimals: 2)
        return Concern(
            observation: "ratings go from \(ratings.least) to \(ratings.most), \(mean) on average, and all count",
            advice: "where a low rating is no interest, leave it out: --min-rating 4")
    }

    private var coldItems: Concern? {
        guard let coldRows, let parts, 20 * coldRows > parts.dev + parts.test else { return nil }
        return Concern(
            observation:
                "\(percent(coldRows, of: parts.dev + parts.test)) of the dev and test rows have an item that train lacks",
            advice: "no model of ids can find these; --core-items leaves rare items out")
    }

    private var fewItems: Concern? {
        guard statistics.items < 50 || statistics.density > 0.5 else { return nil }
        return Concern(
            observation:
                "\(NumberText.counted(statistics.items, "items")), of which a user has \(NumberText.fixed(100 * statistics.density, decimals: 1)) % on average",
            advice: "is it the right column (--item-column)? a category is no item")
    }
}
