import Evaluation
import Reporting

extension RankingMetrics {
    /// An object of the metrics by name, with an object `interests` where their balance was asked for.
    public var json: JSONValue {
        var members = named.map { JSONValue.Member($0.name, .number($0.value)) }
        if let interests { members.append(JSONValue.Member("interests", interests.json)) }
        return .object(members)
    }
}

extension InterestBalance {
    /// Shares and entropy by what is won, and the cosine.
    public var json: JSONValue {
        var result: JSONValue = ["true_item": trueItem.json]
        result["first_item"] = firstItem?.json
        result["cosine"] = cosine.map { .number($0) }
        return result
    }

    /// The same for people.
    var text: String {
        let interests = trueItem.shares.indices.map { Table.Column.number("\($0 + 1)") }
        var table = Table([.text("share of users whose")] + interests + [.number("entropy")])
        for (name, won) in [("true item is won by interest", trueItem), ("first item is won by interest", firstItem)] {
            guard let won else { continue }
            table.addRow([name] + (won.shares + [won.entropy]).map { NumberText.fixed($0, decimals: 4) })
        }
        let line = cosine.map { "cosine of two interests of a user: \(NumberText.fixed($0, decimals: 4))\n" }
        return table.text + (line ?? "")
    }
}

extension InterestBalance.Shares {
    var json: JSONValue {
        ["shares": .array(shares.map { .number($0) }), "entropy": .number(entropy)]
    }
}
