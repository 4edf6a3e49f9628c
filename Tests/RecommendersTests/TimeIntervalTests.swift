import Differentiation
import Interactions
import KernelCore
import Recommenders
import Testing

@Suite struct TimeIntervalTests {
    /// A TiSASRec with parameters.
    private struct Setting {
        let model: any Recommender
        let storage: ParameterStorage

        init(_ change: (inout ModelOptions) -> Void) throws {
            var options = ModelOptions()
            options.embeddingSize = 8
            change(&options)
            let entry = try #require(RecommenderCatalogue.entry(named: "TiSASRec"))
            let layout = ParameterLayout()
            model = entry.model(ModelContext(options, stage: nil, userCount: 4, itemCount: 12), in: layout.root)
            storage = ParameterStorage(layout)
            storage.values.initialize(layout, seed: 5)
            for specification in layout.specifications where specification.name.hasPrefix("t_") {
                for index in 0..<specification.parameter.count { storage.values(specification.parameter)[index] *= 40 }
            }
        }

        func loss(_ times: [Int64], smallestGap: Int64) -> Float {
            let batch = PackedBatch()
            batch.fill(
                users: [1], histories: [[3, 5, 7]], candidates: [[4, 6]], times: [times], sampleNames: [1],
                smallestTimeGaps: [smallestGap])
            let tape = Tape(parameters: storage.values)
            tape.begin(.training(sampleNames: batch.sampleNames, seed: 1, step: 1))
            return model.trainingLoss(of: batch, under: .ranking, on: tape).value.pointee
        }
    }

    @Test(arguments: [1000, 1_000_000, 1_000_000_000])
    func `the unit of the times makes no difference`(factor: Int64) throws {
        let setting = try Setting { $0[TimeIntervals.timeMax] = 512 }
        let days: [Int64] = [864_000_000, 864_086_400, 864_432_000]
        let seconds = setting.loss(days, smallestGap: 86_400)
        #expect(setting.loss(days.map { $0 * factor }, smallestGap: 86_400 * factor) == seconds)
        #expect(setting.loss([days[0], days[0] + 432_000, days[0] + 518_400], smallestGap: 86_400) != seconds)
    }

    @Test func `a limit of the unit is that of the reference`() throws {
        let limited = try Setting { ($0[TimeIntervals.timeMax], $0[TimeIntervals.timeUnitMax]) = (512, 65_535) }
        let free = try Setting { $0[TimeIntervals.timeMax] = 512 }
        // 2 and 10 units of 65,535 seconds, 1 and 7 days.
        let times: [Int64] = [0, 131_070, 655_350]
        #expect(limited.loss(times, smallestGap: 86_400) == free.loss([0, 2, 10], smallestGap: 1))
        #expect(free.loss(times, smallestGap: 86_400) == free.loss([0, 1, 7], smallestGap: 1))
        #expect(limited.loss([0, 10, 30], smallestGap: 10) == free.loss([0, 10, 30], smallestGap: 10))
    }

    @Test func `the range of the intervals tells whether the times tell anything`() throws {
        func range(_ times: [Int64], _ change: (inout ModelOptions) -> Void = { _ in }) throws -> ClosedRange<Int>? {
            let count = times.count
            func table(_ name: String, _ rows: Range<Int>) throws -> InteractionTable {
                try InteractionTable(
                    file: name, users: rows.map { _ in 1 }, items: rows.map { Int32($0 + 1) },
                    times: rows.map { times[$0] })
            }
            let dataset = try InteractionDataset(
                name: "times", train: table("train", 0..<count - 2), dev: table("dev", count - 2..<count - 1),
                test: table("test", count - 1..<count))
            let shards = try LogicalShards(dataset: dataset, kind: .sequential, count: 1)
            var options = ModelOptions()
            change(&options)
            return TimeIntervals.range(in: SequenceStore(dataset: dataset, shards: shards, range: 0..<1), options)
        }
        let days = (0..<5).map { Int64($0) * 86_400_000 }
        #expect(try range(days) == 1...4)
        #expect(try range(days) { $0[TimeIntervals.timeUnitMax] = 65_535 } == 512...512)
        #expect(try range(days) { $0[TimeIntervals.timeMax] = 1 } == 1...1)
        #expect(try range(days) { $0.historyMax = 2 } == 1...1)
        #expect(try range(days) { $0.historyMax = 3 } == 1...2)
        #expect(try range(days) { $0.historyMax = 1 } == nil)
        #expect(try range([7, 7, 7, 7]) == 0...0)
        #expect(try range([7, 7, 9, 17]) == 0...5)
    }

    @Test func `times at both ends of 64 bits are the longest interval`() throws {
        let setting = try Setting { $0[TimeIntervals.timeMax] = 5 }
        let losses = [[Int64.min, 0, .max], [.min, .min + 100, .min + 200]].map { setting.loss($0, smallestGap: 1) }
        #expect(losses[0].isFinite && losses[0] == losses[1])
    }
}
