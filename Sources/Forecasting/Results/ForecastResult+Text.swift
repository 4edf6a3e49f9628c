import Reporting

extension ForecastResult {
    /// What was found, as tables for people.
    public var text: String {
        [title, stepTable, hostTable, wayTable, batchTable, advice].filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private var title: String {
        let catalogue =
            "\(NumberText.grouped(items)) items, \(NumberText.grouped(users)) users, "
            + "\(NumberText.grouped(parameters)) parameters"
        let samples =
            isWeak
            ? "every rank has the same number of samples (weak scaling)"
            : "the batch is the same for every number of ranks (strong scaling)"
        let link =
            network.bytesPerSecond.isFinite
            ? "links of \(Self.fixed(network.bytesPerSecond * 1e-6, 0)) MB/s for messages, "
                + "\(Self.fixed(network.latency * 1e6, 1)) us latency, \(Self.fixed(network.overhead * 1e6, 1)) us of a "
                + "processor for a message\n" : ""
        let racks =
            network.racks.map {
                "racks of \(NumberText.counted($0.hosts, "hosts")), uplinks of \(Self.fixed($0.bytesPerSecond * 1e-6, 0)) MB/s\n"
            } ?? ""
        return "\(model): \(catalogue); a forecast, not a measurement\n\(samples)\n\(link)\(racks)"
    }

    private static var percent: String { "\(Int(100 * wantedEfficiency)) %" }

    private var stepTable: String {
        let parts = StepForecast.Part.allCases.filter { $0 != .uplink || network.racks != nil }
        var table = Table(
            [.number("ranks"), .number("ms/step")] + parts.map { .number($0.rawValue) } + [
                .number("samples/s"), .number("efficiency"), .number("useful"),
            ])
        for point in points {
            table.addRow(
                ["\(point.cluster.ranks)", Self.milliseconds(point.step.total)]
                    + parts.map { Self.milliseconds(point.step.seconds[$0] ?? 0) } + [
                        NumberText.grouped(Int(point.samplesPerSecond.rounded())), Self.percent(point.efficiency),
                        Self.percent(point.usefulShare),
                    ])
        }
        return table.text
    }

    private var hostTable: String {
        let uplink = network.racks == nil ? [] : [Table.Column.number("MB up")]
        var table = Table(
            [
                .number("ranks"), .number("hosts"), .number("batch"), .text("exchange"), .text("tables"),
                .number("GB of a host"), .number("MB sent"),
            ] + uplink + [.number("messages"), .text("limited by")])
        for point in points {
            let exchange = point.step.exchange
            table.addRow(
                [
                    "\(point.cluster.ranks)", "\(point.cluster.hosts)", "\(point.settings.batchSize)",
                    point.cluster.hosts > 1 ? point.settings.rounds.rawValue : "-",
                    point.settings.sharding == .rows ? "sharded" : "whole", Self.fixed(point.memory.total * 1e-9, 2),
                    Self.fixed(exchange.bytesPerHost(point.cluster) * 1e-6, 3),
                ] + uplink.map { _ in Self.fixed(exchange.bytesPerUplink * 1e-6, 3) } + [
                    NumberText.grouped(exchange.messagesPerHost(point.cluster)), point.limit.name,
                ])
        }
        return table.text
    }

    /// Both ways to exchange, where hosts stand in racks.
    private var wayTable: String {
        guard network.racks != nil else { return "" }
        let ways = StepSettings.ExchangeRounds.allCases
        var table = Table(
            [.number("ranks")]
                + ways.flatMap { [.number("\($0.rawValue) ms/step"), .number("MB up")] } + [.text("better")])
        for point in points where point.cluster.hosts > 1 {
            let best = zip(ways, point.ways).min { $0.1.total < $1.1.total }?.0
            table.addRow(
                ["\(point.cluster.ranks)"]
                    + point.ways.flatMap {
                        [Self.milliseconds($0.total), Self.fixed($0.exchange.bytesPerUplink * 1e-6, 3)]
                    } + [best?.rawValue ?? ""])
        }
        return table.text
    }

    private var batchTable: String {
        var table = Table([
            .number("ranks"), .text("smallest batch with \(Self.percent) of one host"),
            .text("with \(Self.percent) useful"),
        ])
        for point in points {
            table.addRow([
                "\(point.cluster.ranks)", Self.described(point.smallest), Self.described(point.smallestUseful),
            ])
        }
        return table.text
    }

    private static func described(_ advice: Advice?) -> String {
        guard let advice else { return "none" }
        return NumberText.grouped(advice.settings.batchSize) + way(advice)
    }

    private static func way(_ advice: Advice) -> String {
        guard advice.cluster.hosts > 1 else { return "" }
        return ", \(advice.settings.rounds.rawValue)" + (advice.settings.sharding == .rows ? ", tables sharded" : "")
    }

    private var advice: String {
        var lines = [
            "efficiency: speed of a rank, in that of a rank of one full host; useful: in that of one that only computes"
        ]
        if let firstBreak {
            lines.append(
                "first in the way: \(firstBreak.limit.name), with \(NumberText.counted(firstBreak.ranks, "ranks")) "
                    + "(\(Self.percent(firstBreak.efficiency)) efficiency)")
        } else {
            lines.append("nothing is in the way up to \(NumberText.grouped(mostRanks)) ranks")
        }
        if let cheapest {
            lines.append(
                "the cheapest with \(Self.percent): \(NumberText.counted(cheapest.cluster.ranks, "ranks"))"
                    + "\(Self.way(cheapest)), \(NumberText.significant(cheapest.hostSecondsPerMillion, digits: 3)) s of "
                    + "hosts for a million samples")
        } else {
            lines.append("none of these keeps \(Self.percent)")
        }
        if abs(scale - 1) > 0.05 {
            lines.append("computing is \(Self.fixed(scale, 2)) times that of the mini-batches that were measured")
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func percent(_ share: Double) -> String { fixed(100 * share, 0) + " %" }
    private static func fixed(_ value: Double, _ decimals: Int) -> String {
        NumberText.fixed(value, decimals: decimals)
    }
    private static func milliseconds(_ seconds: Double) -> String { fixed(1e3 * seconds, 3) }
}
