import Differentiation
import DistributedOptimizer
import Reporting
import Training

extension BenchmarkResult {
    /// What was measured, as tables for people.
    public var text: String {
        let name = [model, stage?.rawValue].compactMap { $0 }.joined(separator: " ")
        let title =
            "\(name) on \(dataset), \(NumberText.counted(ranks, "ranks")), batch \(batchSize): "
            + "\(options.steps) steps, the fastest of \(passSeconds.count) passes\n"
        return
            ([title, speedTable, phaseTable, machineTable] + notes + (exchange.map { [$0.text] } ?? [])
            + (operations.isEmpty ? [] : [operationTable]))
            .joined(separator: "\n")
    }

    private var speedTable: String {
        var table = Table([
            .number("ms/step"), .number("steps/s"), .number("samples/s"), .number("tokens/s"), .number("s/epoch"),
        ])
        table.addRow([
            NumberText.fixed(1e3 * secondsPerStep, decimals: 3), NumberText.fixed(stepsPerSecond, decimals: 1),
            NumberText.grouped(Int(samplesPerSecond)), tokensPerSecond.map { NumberText.grouped(Int($0)) } ?? "",
            NumberText.fixed(secondsPerEpoch, decimals: 3),
        ])
        return table.text
    }

    private var phaseTable: String {
        var table = Table([
            .text("phase"), .number("ms/step"), .number("% of time"), .number("useful MFLOP"), .number("GFLOP/s"),
            .number("GB/s"),
        ])
        let steps = Double(options.steps)
        for phase in StepPhase.allCases where phase != .propagation || work.propagation != .none {
            let time = seconds(in: phase)
            table.addRow(
                [
                    phase.name, NumberText.fixed(1e3 * time / steps, decimals: 3),
                    NumberText.fixed(100 * time / seconds, decimals: 1),
                ] + Self.cells(work(in: phase), steps: steps, seconds: time))
        }
        table.addRow(
            [
                "step", NumberText.fixed(1e3 * secondsPerStep, decimals: 3), "100.0",
            ] + Self.cells(work.total, steps: steps, seconds: seconds))
        return table.text
    }

    private static func cells(_ work: Work?, steps: Double, seconds: Double) -> [String] {
        guard let work, work != .none else { return ["", "", ""] }
        return [
            NumberText.fixed(1e-6 * Double(work.operations) / steps, decimals: 2),
            NumberText.fixed(1e-9 * Double(work.operations) / seconds, decimals: 2),
            NumberText.fixed(1e-9 * Double(work.bytes) / seconds, decimals: 2),
        ]
    }

    private var machineTable: String {
        var table = Table([.text("this machine"), .number("one rank"), .number("all ranks")])
        let products =
            [("FMA in registers, GFLOP/s", limits.arithmetic)]
            + (limits.product.map { [("sgemm of OpenBLAS, GFLOP/s", $0)] } ?? [])
        let passes = [
            ("triad in the second cache, GB/s", limits.secondCacheTriad),
            ("triad in the third cache, GB/s", limits.thirdCacheTriad),
            ("triad in memory, GB/s", limits.triad), ("copy in memory, GB/s", limits.copy),
        ]
        for (name, rate) in products + passes {
            table.addRow([
                name, NumberText.fixed(1e-9 * rate.oneRank, decimals: 1),
                NumberText.fixed(1e-9 * rate.allRanks, decimals: 1),
            ])
        }
        guard limits.product != nil else {
            return table.text + "no sgemm: \(MatrixLibrary.fileName) is not installed (Debian: libopenblas0)\n"
        }
        let cores = limits.libraryCores.joined(separator: " and ")
        guard let share = limits.libraryShare, limits.libraryIsSlow else {
            return table.text + "sgemm by OpenBLAS with its kernels for \(cores)\n"
        }
        return table.text
            + "warning: sgemm by OpenBLAS with its kernels for \(cores) reaches \(Self.percent(share)) of what this processor "
            + "can do: it is no measure\n"
            + "         OPENBLAS_CORETYPE=Haswell or SkylakeX names kernels that may suit it better\n"
    }

    private static func percent(_ share: Double) -> String { NumberText.fixed(100 * share, decimals: 1) + " %" }

    /// Sentences about single numbers, each on its line.
    private var notes: [String] {
        var lines = [
            "useful arithmetic: \(Self.percent(shareOfArithmetic)) of the FMA limit of all ranks; memory touched: "
                + "\(Self.percent(stepShareOfTriad)) of the triad in memory, by the optimizer \(Self.percent(shareOfTriad))"
        ]
        if let additionSeconds {
            lines.append(
                "adding the gradients of the shards, which is part of the optimizer, takes "
                    + "\(NumberText.fixed(1e3 * additionSeconds, decimals: 3)) ms a step alone")
        }
        if let peakBytes {
            let sizes = peakBytes.map { NumberText.fixed(1e-6 * Double($0), decimals: 0) }
            lines.append("most memory of each rank: \(sizes.joined(separator: ", ")) MB")
        }
        if let allocations {
            lines.append(
                "allocations a step: \(NumberText.fixed(Double(allocations) / Double(options.steps), decimals: 2))")
        }
        if let ranking {
            lines.append(
                "ranking (\(ranking.ranking.rawValue)): "
                    + "\(NumberText.grouped(Int(Double(ranking.rows) / ranking.seconds))) rows/s")
        }
        return [lines.joined(separator: "\n") + "\n"]
    }

    private var operationTable: String {
        var table = Table([
            .text("operation, rank 0"), .number("a step"), .number("forward us"), .number("backward us"),
            .number("% of all"), .number("useful MFLOP"), .number("GFLOP/s"), .number("GB/s"),
        ])
        let steps = Double(options.steps)
        let all = operations.reduce(0) { $0 + $1.seconds }
        for operation in operations.sorted(by: { $0.seconds > $1.seconds }) {
            table.addRow(
                [
                    operation.name, NumberText.fixed(Double(operation.count) / steps, decimals: 1),
                    NumberText.fixed(1e6 * operation.forwardSeconds / steps, decimals: 1),
                    NumberText.fixed(1e6 * operation.backwardSeconds / steps, decimals: 1),
                    NumberText.fixed(100 * operation.seconds / all, decimals: 1),
                ]
                    + Self.cells(
                        operation.cost.forward + operation.cost.backward, steps: steps, seconds: operation.seconds))
        }
        return table.text
    }
}

extension ExchangeComparison {
    fileprivate var text: String {
        var table = Table([
            .text("gradients over \(nodes) nodes"), .number("ms/step"), .number("times Allreduce"), .number("kB/step"),
            .number("messages"), .number("predicted ms"),
        ])
        for (name, method) in [
            ("touched rows, direct", direct), ("touched rows, halving", halving),
            ("all rows, \(rounds.rawValue)", allRows), ("MPI_Allreduce", allReduce),
        ] {
            table.addRow([
                name, NumberText.fixed(1e3 * method.seconds, decimals: 2),
                NumberText.fixed(method.seconds / allReduce.seconds, decimals: 3),
                NumberText.fixed(1e-3 * method.bytes, decimals: 0), "\(method.messages)",
                NumberText.fixed(1e3 * method.predictedSeconds(network), decimals: 2),
            ])
        }
        return table.text
            + "predicted: for each round \(NumberText.fixed(1e6 * network.latency, decimals: 0)) us, for each further "
            + "message \(NumberText.fixed(1e6 * network.gap, decimals: 0)) us, and "
            + "\(NumberText.fixed(1e-6 / network.secondsPerByte, decimals: 1)) MB/s for the most bytes of a node\n"
            + "this training: \(rounds.rawValue); on this network --exchange-rounds auto would be "
            + "\(automaticRounds.rawValue)\n"
    }
}
