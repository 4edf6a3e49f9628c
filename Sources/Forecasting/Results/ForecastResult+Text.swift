import Reporting

extension ForecastResult {
    /// What was found, as tables for people.
    public var text: String {
        [title, stepTable, hostTable, advice].filter { !$0.isEmpty }.joined(separator: "\n")
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
        return "\(model): \(catalogue); a forecast, not a measurement\n\(samples)\n\(link)"
    }

    private var stepTable: String {
        var table = Table(
            [.number("ranks"), .number("hosts"), .number("batch"), .text("exchange"), .text("tables"), .number("ms/step")]
                + StepForecast.Part.allCases.map { .number($0.rawValue) } + [.number("samples/s"), .number("efficiency")])
        for point in points {
            table.addRow(
                [
                    "\(point.cluster.ranks)", "\(point.cluster.hosts)", "\(point.settings.batchSize)",
                    point.cluster.hosts > 1 ? point.settings.rounds.rawValue : "-",
                    point.settings.sharding == .rows ? "sharded" : "whole", Self.milliseconds(point.step.total),
                ] + StepForecast.Part.allCases.map { Self.milliseconds(point.step.seconds[$0] ?? 0) } + [
                    NumberText.grouped(Int(point.samplesPerSecond.rounded())),
                    "\(Self.fixed(100 * point.efficiency, 0)) %",
                ])
        }
        return table.text
    }

    private var hostTable: String {
        var table = Table([
            .number("ranks"), .number("memory of a host, GB"), .number("MB sent a step"), .number("messages"),
            .text("limited by"), .text("smallest batch with \(Int(100 * Self.wantedEfficiency)) %"),
        ])
        for point in points {
            let exchange = point.step.exchange
            table.addRow([
                "\(point.cluster.ranks)", Self.fixed(point.memory.total * 1e-9, 2),
                Self.fixed(exchange.bytesPerHost(point.cluster) * 1e-6, 3),
                NumberText.grouped(exchange.messagesPerHost(point.cluster)), point.limit.name,
                point.smallest.map { Self.described($0.settings, point.cluster) } ?? "none",
            ])
        }
        return table.text
    }

    private static func described(_ settings: StepSettings, _ cluster: Cluster) -> String {
        let way = cluster.hosts > 1 ? ", \(settings.rounds.rawValue)" : ""
        return NumberText.grouped(settings.batchSize) + way + (settings.sharding == .rows ? ", tables sharded" : "")
    }

    private var advice: String {
        var lines: [String] = []
        if let firstBreak {
            let left = "\(Self.fixed(100 * firstBreak.efficiency, 0)) % efficiency"
            lines.append(
                "first in the way: \(firstBreak.limit.name), with \(NumberText.counted(firstBreak.ranks, "ranks")) (\(left))")
        } else {
            lines.append("nothing is in the way up to \(NumberText.grouped(mostRanks)) ranks")
        }
        if let cheapest {
            lines.append(
                "the cheapest of these with \(Int(100 * Self.wantedEfficiency)) %: "
                    + "\(NumberText.counted(cheapest.cluster.ranks, "ranks")), "
                    + "\(Self.fixed(cheapest.hostSecondsPerMillion, 2)) s of hosts for a million samples")
        } else {
            lines.append("none of these keeps \(Int(100 * Self.wantedEfficiency)) %")
        }
        if abs(scale - 1) > 0.05 {
            lines.append("computing is \(Self.fixed(scale, 2)) times that of the mini-batches that were measured, by operations")
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func fixed(_ value: Double, _ decimals: Int) -> String { NumberText.fixed(value, decimals: decimals) }
    private static func milliseconds(_ seconds: Double) -> String { fixed(1e3 * seconds, 3) }
}
