import Differentiation
import DistributedOptimizer
import Forecasting
import KernelCore
import Testing

/// The formulas against numbers computed by hand.
@Suite struct FormulaTests {
    /// A table of 1,000 rows of 16, of which every mini-batch touches 100, and 320 dense values.
    static func shape(touched: Double = 100, rows: Int = 1_000, dense: Int = 320) -> ModelShape {
        var draws = RowDraws()
        draws.constant = touched
        return ModelShape(
            denseCount: dense,
            tables: [
                ModelShape.Table(
                    name: "items", rows: rows, columns: 16, popularity: RowPopularity(zipf: 0, count: rows),
                    draws: draws)
            ], operations: ModelShape.Line(fixed: 0, perSample: 1_000),
            activationBytes: ModelShape.Line(fixed: 100, perSample: 10), meanHistory: 10)
    }

    static func calibration(ranks: Int = 1, deviation: Double = 0) -> Calibration {
        Calibration(
            machine: "", ranks: ranks, model: "ComiRec", stage: "", users: 100, items: 1_000, meanHistory: 10,
            historyDeviation: deviation,
            steps: [
                StepTimeFit.Point(shards: 1, samples: 1, seconds: 1e-3 + 2e-4 + 1e-5),
                StepTimeFit.Point(shards: 1, samples: 10, seconds: 1e-3 + 2e-4 + 1e-4),
                StepTimeFit.Point(shards: 4, samples: 10, seconds: 1e-3 + 4 * (2e-4 + 1e-4)),
            ], operations: ModelShape.Line(fixed: 0, perSample: 1_000),
            adam: [
                Calibration.AdamPass(values: 1_000, seconds: 1e-6),
                Calibration.AdamPass(values: 100_000, seconds: 2e-4),
            ], additionRate: 1e9, barrier: 1e-6, network: nil)
    }

    static let network = Cluster.Network(latency: 1e-5, overhead: 1e-6, bytesPerSecond: 1e8)

    @Test func `the parts of a measured step are found again`() {
        let fit = StepTimeFit(Self.calibration().steps)
        #expect(abs(fit.perStep - 1e-3) < 1e-9 && abs(fit.perShard - 2e-4) < 1e-9 && abs(fit.perSample - 1e-5) < 1e-9)
        #expect(abs(fit.seconds(shards: 2, samples: 5) - (1e-3 + 2 * 2.5e-4)) < 1e-9)
    }

    @Test func `no part of a step is negative, and one measurement is enough`() {
        let falling = StepTimeFit([
            StepTimeFit.Point(shards: 1, samples: 1, seconds: 1e-3),
            StepTimeFit.Point(shards: 1, samples: 9, seconds: 9e-4),
        ])
        #expect(falling.perStep >= 0 && falling.perShard >= 0 && falling.perSample >= 0)
        let one = StepTimeFit([StepTimeFit.Point(shards: 2, samples: 3, seconds: 6e-3)])
        #expect(abs(one.seconds(shards: 2, samples: 3) - 6e-3) < 1e-9)
    }

    @Test func `the largest of normal numbers is that of the tables`() {
        // Of two numbers 1 / sqrt(pi); of ten 1.53875, of a hundred 2.50759 (Harter 1961).
        for (count, expected) in [(1, 0), (2, 0.56419), (10, 1.53875), (100, 2.50759)] {
            #expect(abs(LargestOfNormals.expected(of: count) - expected) < 1e-4, "\(count)")
        }
    }

    @Test func `Adam between two measured sizes lies between their rates`() {
        let calibration = Self.calibration()
        #expect(abs(calibration.adamSeconds(values: 500) - 5e-7) < 1e-15)
        // Half way in the logarithm: 1.5 ns a value.
        #expect(abs(calibration.adamSeconds(values: 10_000) - 1.5e-5) < 1e-12)
        #expect(abs(calibration.adamSeconds(values: 1e6) - 2e-3) < 1e-12)
    }

    @Test func `a round is a latency and the slower of link and processor`() {
        let round = ExchangeRound(messages: 3, bytes: 1_000, addedBytes: 4_000)
        let seconds = round.seconds(Self.network, rails: 2, additionRate: 1e9)
        #expect(abs(seconds.wire - 6e-5) < 1e-12 && seconds.messages == 1e-5 && abs(seconds.addition - 4e-6) < 1e-12)
        // Short messages: the processor is the slower one, 3 us against 0.03 us.
        let short = ExchangeRound(messages: 3, bytes: 1).seconds(Self.network, rails: 1, additionRate: 1e9)
        #expect(abs(short.total - (1e-5 + 3e-6)) < 1e-12)
        // A message of 200,000 bytes has four pieces.
        let long = ExchangeRound(messages: 1, bytes: 200_000).seconds(
            Cluster.Network(latency: 0, overhead: 1e-3, bytesPerSecond: 1e12), rails: 1, additionRate: 1e9)
        #expect(abs(long.total - 4e-3) < 1e-12)
    }

    @Test func `a message of the exchange has the bytes that the trainer writes`() {
        let layout = ParameterLayout()
        _ = layout.root.table("items", rows: 1_024, columns: 16, .normal(deviation: 1))
        _ = layout.root.vector("bias", count: 320, .normal(deviation: 1))
        for touched in [8, 512] {
            let gradientLayout = GradientLayout(layout, rowCapacity: touched)
            let memory = UnsafeMutableRawPointer.allocate(byteCount: gradientLayout.byteCount, alignment: 64)
            defer { memory.deallocate() }
            let gradient = GradientView(gradientLayout, at: memory)
            gradient.sampleCount = 1
            gradient.setRowCount(0, touched)
            for slot in 0..<touched {
                gradient.entries(0)[slot] = RowEntry(row: Int32(slot * 1_024 / touched), slot: Int32(slot))
                gradient.row(0, slot: Int32(slot)).initialize(repeating: 1, count: 16)
            }
            gradient.dense.initialize(repeating: 1, count: 320)
            let exchange = Exchange(
                Self.shape(touched: Double(touched), rows: 1_024), StepSettings(batchSize: 8, logicalShards: 4),
                Cluster(ranks: 4, ranksPerHost: 1, network: Self.network))
            let slice = ParameterSlice(1, of: 4, layout)
            let sum = SliceSum(TreeSum(inputs: [TreeSum.Subtree(0, 1)]), layout)
            sum.views[0].read(gradient, slice: slice)
            let message = UnsafeMutablePointer<Float>.allocate(capacity: 40_000)
            defer { message.deallocate() }
            let words = SliceMessage.write(sum, slice: slice, layout, .touched, flag: false, to: message)
            // The first word of every message is its length.
            #expect(exchange.reducing.map(\.bytes) == [Double(4 * (words + 1))], "\(touched) rows")
        }
    }

    @Test func `direct exchange by hand`() {
        let settings = StepSettings(batchSize: 8, logicalShards: 4)
        let cluster = Cluster(ranks: 4, ranksPerHost: 1, network: Self.network)
        let exchange = Exchange(Self.shape(), settings, cluster)
        // 16 bytes in front, the number of rows, 80 dense floats, 25 rows of 16 floats, and 8 words of bits.
        let bytes: Double = 1_972
        #expect(exchange.reducing == [ExchangeRound(messages: 3, bytes: bytes, addedBytes: 4 * bytes)])
        #expect(exchange.spreading == [ExchangeRound(messages: 3, bytes: bytes)])
        #expect(exchange.messagesPerHost(cluster) == 6 && abs(exchange.bytesPerHost(cluster) - 6 * bytes) < 1e-9)
        let step = StepForecast(
            Self.shape(), settings, cluster, CalibratedCost(Self.calibration(), for: Self.shape()))
        let seconds = step.seconds
        #expect(abs(seconds[.computing]! - (1e-3 + 2e-4 + 2e-5)) < 1e-9)
        #expect(abs(seconds[.link]! - 6 * bytes / 1e8) < 1e-12)
        #expect(abs(seconds[.messages]! - 2e-5) < 1e-12)
        // The own gradient, then four messages.
        #expect(abs(seconds[.addition]! - (7_680 + 4 * bytes) / 1e9) < 1e-12)
        // 16,320 values: hidden behind the sums of the others, but for the last slice.
        let adam = Self.calibration().adamSeconds(values: 16_320)
        #expect(abs(seconds[.optimizer]! - adam / 4) < 1e-12 && step.optimizerSeconds == adam)
        #expect(seconds[.slowestRank] == 0 && seconds[.barriers] == 0)
        #expect(abs(step.total - seconds.values.reduce(0, +)) < 1e-15)
    }

    @Test func `halving has two rounds for each doubling, for any number of hosts`() {
        func exchange(_ hosts: Int) -> Exchange {
            Exchange(
                Self.shape(), StepSettings(batchSize: 64, logicalShards: 64, rounds: .halving),
                Cluster(ranks: hosts, ranksPerHost: 1, network: Self.network))
        }
        for (hosts, rounds) in [(1, 0), (2, 1), (4, 2), (5, 3), (8, 3), (64, 6)] {
            let exchange = exchange(hosts)
            #expect(exchange.reducing.count == rounds && exchange.spreading.count == rounds, "\(hosts) hosts")
            let isPower = hosts & (hosts - 1) == 0
            #expect((exchange.reducing + exchange.spreading).allSatisfy { $0.messages == 1 } == isPower)
        }
        // The same rows in every mini-batch: each message has half of the rows of the one before.
        let bytes = exchange(8).reducing.map(\.bytes)
        for (one, half) in zip(bytes, bytes.dropFirst()) { #expect(half < 0.55 * one && half > 0.45 * one) }
        #expect(zip(exchange(8).spreading, exchange(8).spreading.dropFirst()).allSatisfy { $0.bytes < $1.bytes })
    }

    @Test func `sharded tables fetch their rows and send no sums of them back`() {
        let cluster = Cluster(ranks: 8, ranksPerHost: 2, network: Self.network)
        let settings = StepSettings(batchSize: 64, logicalShards: 8, sharding: .rows)
        let exchange = Exchange(Self.shape(), settings, cluster)
        // 100 numbers and 100 rows of 64 bytes, an eighth to each host and rail, behind 16 bytes; 320 dense floats.
        #expect(exchange.fetching.map(\.bytes) == [66, 816])
        #expect(exchange.spreading.map(\.bytes) == [180])
        let whole = StepSettings(batchSize: 64, logicalShards: 8)
        let cost = CalibratedCost(Self.calibration(), for: Self.shape())
        let sharded = StepForecast(Self.shape(), settings, cluster, cost).optimizerSeconds
        let unsharded = StepForecast(Self.shape(), whole, cluster, cost).optimizerSeconds
        #expect(sharded < unsharded)
    }

    @Test func `sharded moments take the memory and Adam of a slice, and bring all rows of tables back`() {
        let cluster = Cluster(ranks: 4, ranksPerHost: 1, network: Self.network)
        func exchange(_ sharding: OptimizerSharding) -> Exchange {
            Exchange(Self.shape(), StepSettings(batchSize: 8, logicalShards: 4, optimizerSharding: sharding), cluster)
        }
        #expect(exchange(.dense) == exchange(.none))
        #expect(exchange(.all).reducing == exchange(.none).reducing)
        // 16 bytes in front, the number of rows, 80 dense floats, 250 rows of 16 floats.
        let bytes: Double = 16_340
        #expect(exchange(.all).spreading.map(\.bytes) == [bytes])
        let cost = CalibratedCost(Self.calibration(), for: Self.shape())
        let step = StepForecast(
            Self.shape(), StepSettings(batchSize: 8, logicalShards: 4, optimizerSharding: .all), cluster, cost)
        // Nothing of it is hidden: the values are sent behind it.
        #expect(step.seconds[.optimizer] == Self.calibration().adamSeconds(values: 16_320 / 4))
    }

    @Test func `the uplink of a rack counts where it is slower than the links of its hosts`() {
        func step(_ rounds: StepSettings.ExchangeRounds, _ rate: Double?) -> StepForecast {
            let racks = rate.map { Cluster.Network.Racks(hosts: 4, bytesPerSecond: $0) }
            let network = Cluster.Network(latency: 1e-5, overhead: 1e-6, bytesPerSecond: 1e8, racks: racks)
            return StepForecast(
                Self.shape(), StepSettings(batchSize: 16, logicalShards: 16, rounds: rounds),
                Cluster(ranks: 16, ranksPerHost: 1, network: network),
                CalibratedCost(Self.calibration(), for: Self.shape()))
        }
        for rounds in StepSettings.ExchangeRounds.allCases {
            #expect(step(rounds, nil).exchange.bytesPerUplink == 0 && step(rounds, nil).seconds[.uplink] == 0)
            // As fast as the links of all hosts of the rack together.
            #expect(step(rounds, 4e8).seconds[.uplink] == 0)
            #expect(step(rounds, 4e8).total == step(rounds, nil).total)
        }
        let direct = step(.direct, 1e7)
        // 4 hosts send to 12 others, there and back.
        let bytes = direct.exchange.reducing[0].bytes + direct.exchange.spreading[0].bytes
        #expect(abs(direct.exchange.bytesPerUplink - 48 * bytes) < 1e-6)
        let expected: Double = 48 * bytes / 1e7 - 15 * bytes / 1e8
        #expect(abs(direct.seconds[.uplink]! - expected) < 1e-9)
        // In the third round 4 hosts send 2 of 16 slices across, in the fourth 1.
        let halving = step(.halving, 1e7)
        #expect(halving.exchange.reducing.map { $0.uplinkBytes / $0.bytes } == [0, 0, 4, 4])
        #expect(halving.exchange.bytesPerUplink < direct.exchange.bytesPerUplink / 2)
        #expect(halving.total < direct.total)
    }

    @Test func `a faster network and fewer hosts never make a step longer`() {
        func total(_ ranks: Int, _ network: Cluster.Network, _ rounds: StepSettings.ExchangeRounds) -> Double {
            StepForecast(
                Self.shape(), StepSettings(batchSize: 8 * ranks, logicalShards: ranks, rounds: rounds),
                Cluster(ranks: ranks, ranksPerHost: 2, network: network),
                CalibratedCost(Self.calibration(ranks: 2, deviation: 0.5), for: Self.shape())
            ).total
        }
        let slow = Cluster.Network(latency: 1e-4, overhead: 5e-6, bytesPerSecond: 1e7)
        for rounds in StepSettings.ExchangeRounds.allCases {
            var last = 0.0
            for ranks in [2, 4, 8, 16, 32, 64, 128] {
                #expect(total(ranks, Self.network, rounds) <= total(ranks, slow, rounds))
                #expect(total(ranks, slow, rounds) >= last, "\(rounds), \(ranks)")
                last = total(ranks, slow, rounds)
            }
        }
        // Few messages win where each costs much, and there are many hosts.
        let busy = Cluster.Network(latency: 1e-6, overhead: 1e-4, bytesPerSecond: 1e9)
        #expect(total(128, busy, .halving) < total(128, busy, .direct))
        #expect(total(16, slow, .direct) < total(16, slow, .halving))
    }

    @Test func `the slowest of many ranks has the longest histories`() {
        let cost = CalibratedCost(Self.calibration(deviation: 0.5), for: Self.shape())
        // Of 4 samples the mean deviates half as much: 40 us * 0.5 / 2.
        #expect(abs(cost.spread(shards: 1, samples: 4) - 1e-5) < 1e-9)
        let step = StepForecast(
            Self.shape(), StepSettings(batchSize: 40, logicalShards: 10),
            Cluster(ranks: 10, ranksPerHost: 10, network: Self.network), cost)
        #expect(abs(step.seconds[.slowestRank]! - 1.53875e-5) < 1e-8)
    }

    @Test func `a shape with more operations computes longer in proportion`() {
        let shape = ModelShape(
            denseCount: 0, tables: [], operations: ModelShape.Line(fixed: 0, perSample: 3_000),
            activationBytes: ModelShape.Line(fixed: 0, perSample: 0), meanHistory: 1)
        let (own, other) = (
            CalibratedCost(Self.calibration(), for: Self.shape()), CalibratedCost(Self.calibration(), for: shape)
        )
        #expect(abs(other.seconds(shards: 1, samples: 5) / own.seconds(shards: 1, samples: 5) - 3) < 1e-9)
    }
}
