import Evaluation
import FileIO
import Recommenders
import Reporting

extension RankingMetrics {
    /// An object of the metrics by name, with an object `interests` where their balance was asked for: null where there
    /// are not several.
    public var json: JSONValue {
        var members = named.map { JSONValue.Member($0.name, .number($0.value)) }
        if measures.contains(.interests) { members.append(JSONValue.Member("interests", interests?.json ?? .null)) }
        return .object(members)
    }

    /// The balance of the interests for people; empty where nobody asked for it.
    var interestsText: String {
        guard measures.contains(.interests) else { return "" }
        return interests?.text ?? "balance of interests: n/a, the model has one vector for each user\n"
    }
}

extension TrainingConfiguration {
    /// Warns where the balance of interests is asked for, and the model has one vector for each user: before the work, of
    /// which somebody may have wanted nothing else.
    func warnOfMissingInterests(of entry: RecommenderEntry, on console: Console) {
        guard measures.contains(.interests), !ranksByInterests(entry) else { return }
        console.warning(
            "--measures interests: \(entry.name) has one vector for each user, and no interests to compare\n"
                + "the result has n/a, and null in its JSON")
    }
}

extension InterestBalance {
    /// Shares and entropy by what is won, and the cosines; null for shares of interests that do not correspond.
    public var json: JSONValue {
        var result: JSONValue = ["true_item": trueItem?.json ?? .null]
        result["first_item"] = firstItem?.json
        result["cosine"] = cosine.map { .number($0) }
        result["cosines"] = cosinesJSON
        return result
    }

    /// As in a line of `metrics.jsonl`: shares and entropy of the true items, and the cosines.
    var lineJSON: JSONValue {
        [
            "shares": trueItem.map { .array($0.shares.map { .number($0) }) } ?? .null,
            "entropy": trueItem.map { .number($0.entropy) } ?? .null,
            "cosine": cosine.map { .number($0) } ?? .null,
            "cosines": cosinesJSON ?? .null,
        ]
    }

    private var cosinesJSON: JSONValue? {
        cosineMatrix.map { .array($0.map { .array($0.map { $0.map { .number($0) } ?? .null }) }) }
    }

    /// The same for people.
    var text: String {
        let line = cosine.map { "cosine of two interests of a user: \(NumberText.fixed($0, decimals: 4))\n" } ?? ""
        guard let trueItem else {
            return "share of rows by interest: n/a, the first interest of one user is not that of another\n" + line
        }
        let interests = trueItem.shares.indices.map { Table.Column.number("\($0 + 1)") }
        var table = Table([.text("share of rows whose")] + interests + [.number("entropy")])
        for (name, won) in [("true item is won by interest", trueItem), ("first item is won by interest", firstItem)] {
            guard let won else { continue }
            table.addRow([name] + (won.shares + [won.entropy]).map { NumberText.fixed($0, decimals: 4) })
        }
        return table.text + line
    }
}

extension InterestBalance.Shares {
    var json: JSONValue {
        ["shares": .array(shares.map { .number($0) }), "entropy": .number(entropy)]
    }
}
