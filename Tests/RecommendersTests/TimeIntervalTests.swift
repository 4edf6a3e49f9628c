import Differentiation
import Interactions
import KernelCore
import Recommenders
import Testing

@Suite struct TimeIntervalTests {
    @Test func `times at both ends of 64 bits are the longest interval`() throws {
        var options = ModelOptions()
        options.embeddingSize = 8
        options.timeMax = 5
        let entry = try #require(RecommenderCatalogue.entry(named: "TiSASRec"))
        let layout = ParameterLayout()
        let model = entry.model(ModelContext(options, stage: nil, userCount: 4, itemCount: 12), in: layout.root)
        let storage = ParameterStorage(layout)
        storage.values.initialize(layout, seed: 5)
        let losses = [[Int64.min, 0, .max], [.min, .min + 100, .min + 200]].map { times in
            let batch = PackedBatch()
            batch.fill(
                users: [1], histories: [[3, 5, 7]], candidates: [[4, 6]], times: [times], samples: [1],
                smallestTimeGaps: [1])
            let tape = Tape(parameters: storage.values)
            let samples: [UInt32] = [1]
            return samples.withUnsafeBufferPointer { samples in
                tape.begin(.training(samples: samples.baseAddress!, seed: 1, step: 1))
                return model.trainingLoss(of: batch, under: .ranking, on: tape).value.pointee
            }
        }
        #expect(losses[0].isFinite && losses[0] == losses[1])
    }
}
