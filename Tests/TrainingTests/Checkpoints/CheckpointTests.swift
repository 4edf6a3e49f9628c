import Differentiation
import Evaluation
import FileSupport
import Foundation
import Interactions
import KernelCore
import ModelFiles
import Testing
import Training

@Suite struct CheckpointTests {
    private let folder: TemporaryFolder
    private let layout: ParameterLayout
    private let snapshot: CheckpointSnapshot
    /// Parameters, moments and the best parameters.
    private let values: [ParameterStorage]
    private let fingerprint: DatasetFingerprint

    init() throws {
        folder = try TemporaryFolder(inMemory: true)
        layout = ParameterLayout()
        let normal = Initialization.normal(deviation: 1)
        _ = layout.root.table("items", rows: 7, columns: 3, normal)
        _ = layout.root.matrix("weight", rows: 3, columns: 2, normal)
        _ = layout.root.vector("bias", count: 2, normal)
        values = [layout, layout, layout, layout].map { ParameterStorage($0) }
        for (seed, storage) in values.enumerated() { storage.values.initialize(layout, seed: UInt64(seed)) }
        let table = { (item: Int32) throws in
            try InteractionTable(file: "memory", users: [1, 2], items: [item, 3], times: [1, 2])
        }
        fingerprint = DatasetFingerprint(
            try InteractionDataset(name: "memory", train: table(1), dev: table(2), test: table(3)))
        snapshot = Self.snapshot(layout, data: String(decoding: try JSONEncoder().encode(fingerprint), as: UTF8.self))
        take(Self.state, best: values[3], into: snapshot)
    }

    private static let configuration = "model: ComiRec\nlr: 0.001\n"

    private static func snapshot(_ layout: ParameterLayout, data: String) -> CheckpointSnapshot {
        CheckpointSnapshot(
            layout,
            CheckpointDescription(configuration: configuration, data: data, instructionSet: "some instructions"))
    }

    private func take(_ state: TrainingState, best: ParameterStorage?, into snapshot: CheckpointSnapshot) {
        snapshot.take(
            state, parameters: values[0].values, moments: (values[1].values, values[2].values), best: best)
    }

    private static let state: TrainingState = {
        var state = TrainingState()
        (state.step, state.epoch, state.stepsOfEpoch) = (25, 3, 5)
        (state.epochLoss, state.epochSamples, state.epochSeconds) = (0.1 + 0.2, 123, 1.0 / 3)
        (state.samples, state.trainSeconds) = (1000, 12.5)
        (state.results, state.bestEpoch) = ([0.1, 1.0 / 7], 2)
        state.bestMetrics = RankingMetrics(positions: [1, 3, 8], topK: [5, 10], measures: [.mrr])
        state.log = [#"{"epoch":1}"#, #"{"epoch":2,"ü":"\n"}"#]
        return state
    }()

    private func write() throws -> String {
        let path = folder.file("step-0000000025.safetensors")
        try snapshot.write(to: path) {}
        return path
    }

    /// Reads all of a checkpoint.
    private func read(_ path: String) throws(DamagedCheckpoint) -> (CheckpointFile, [[Float]]) {
        let file = try CheckpointFile(path: path)
        var values: [[Float]] = []
        for group in CheckpointFormat.Group.all(withAverage: false) {
            let storage = ParameterStorage(layout)
            try file.read(group, into: storage.values, layout)
            values.append(Self.floats(storage))
        }
        return (file, values)
    }

    private static func floats(_ storage: ParameterStorage) -> [Float] {
        Array(UnsafeBufferPointer(start: storage.values.start, count: ParameterValues.count(for: storage.layout)))
    }

    @Test func `what is written is read back, every bit of it`() throws {
        let (file, values) = try read(try write())
        #expect(file.state == Self.state)
        #expect(file.configuration == Self.configuration)
        #expect(file.data == fingerprint && file.instructionSet == "some instructions" && file.hasBest)
        #expect(values == self.values.map(Self.floats))
        #expect(folder.content.count == 1, "no temporary file is left")
    }

    @Test func `one snapshot after the other is written as it is, with the best parameters of its time`() throws {
        for best in [nil, values[3], values[3], values[1]] {
            values[0].values(layout.specifications[1].parameter)[0] += 1
            take(Self.state, best: best, into: snapshot)
            // What the training does in the meantime.
            let copied = Self.floats(values[0])
            values[0].values(layout.specifications[1].parameter)[1] += 1
            let path = try write()
            let file = try CheckpointFile(path: path)
            try #require(file.hasBest == (best != nil))
            for (group, expected) in [(.parameters, copied), (.best, best.map(Self.floats))]
                as [(CheckpointFormat.Group, [Float]?)]
            {
                guard let expected else { continue }
                let room = ParameterStorage(layout)
                try file.read(group, into: room.values, layout)
                #expect(Self.floats(room) == expected, "\(group)")
            }
        }
    }

    /// Longer than a page and not a multiple of one, so that it is written on both ways.
    @Test func `a checkpoint of many pages is read back`() throws {
        let layout = ParameterLayout()
        _ = layout.root.table("items", rows: 1003, columns: 17, Initialization.normal(deviation: 1))
        let storage = ParameterStorage(layout)
        storage.values.initialize(layout, seed: 4)
        let snapshot = Self.snapshot(
            layout, data: String(decoding: try JSONEncoder().encode(fingerprint), as: UTF8.self))
        snapshot.take(
            Self.state, parameters: storage.values, moments: (storage.values, storage.values), best: storage)
        let folder = try TemporaryFolder(inMemory: false)
        for folder in [folder, self.folder] {
            let path = folder.file("step-0000000025.safetensors")
            try snapshot.write(to: path) {}
            let file = try CheckpointFile(path: path)
            for group in CheckpointFormat.Group.all(withAverage: false) {
                let room = ParameterStorage(layout)
                try file.read(group, into: room.values, layout)
                #expect(Self.floats(room) == Self.floats(storage))
            }
        }
    }

    @Test func `a checkpoint is a safetensors file that other programs can read`() throws {
        let file = try SafetensorsFile(path: try write())
        #expect(file["parameters.items"]?.shape == [7, 3] && file["best.bias"]?.shape == [2])
        #expect(try file.floats("second.weight").count == 6)
    }

    @Test func `every flipped bit is found`() throws {
        let path = try write()
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        var stream = RandomStream(seed: 1, purpose: .order, iteration: 0, element: 0)
        for _ in 0..<500 {
            var damaged = bytes
            let offset = Int.random(in: 0..<bytes.count, using: &stream)
            damaged[offset] ^= 1 << UInt8.random(in: 0..<8, using: &stream)
            try folder.write(damaged, to: "damaged")
            #expect(throws: DamagedCheckpoint.self, "byte \(offset)") { try read(folder.file("damaged")) }
        }
    }

    @Test func `every cut is found, and so is what follows the end`() throws {
        let path = try write()
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        var stream = RandomStream(seed: 2, purpose: .order, iteration: 0, element: 0)
        for index in 0..<500 {
            let length = index < 20 ? index : Int.random(in: 0..<bytes.count, using: &stream)
            try folder.write(Array(bytes[..<length]), to: "damaged")
            #expect(throws: DamagedCheckpoint.self, "\(length) bytes") { try read(folder.file("damaged")) }
        }
        try folder.write(bytes + [0], to: "damaged")
        #expect(throws: DamagedCheckpoint.self) { try read(folder.file("damaged")) }
    }

    @Test func `another file of the format is no checkpoint`() throws {
        var writer = try SafetensorsWriter(
            replacing: folder.file("model"), tensors: [.init("items", Float.self, shape: [1])],
            metadata: [("model", "ComiRec")])
        try writer.append([Float(1)])
        try writer.finish()
        let error = #expect(throws: DamagedCheckpoint.self) { try read(folder.file("model")) }
        #expect(error?.reason == "it is no checkpoint")
    }

    @Test func `a state that does not fit together is refused`() {
        #expect(Self.state.inconsistency(stepsPerEpoch: 10) == nil)
        #expect(TrainingState().inconsistency(stepsPerEpoch: 10) == nil)
        #expect(Self.state.inconsistency(stepsPerEpoch: 11) != nil, "steps of another epoch length")
        let changes: [(inout TrainingState) -> Void] = [
            { $0.stepsOfEpoch = -1 }, { $0.stepsOfEpoch = 11 }, { $0.epoch = 5 }, { $0.epoch = 1 }, { $0.results = [] },
            { $0.bestEpoch = 3 }, { $0.bestEpoch = 0 }, { $0.bestMetrics = nil }, { $0.log = [] }, { $0.step = 24 },
            { $0.epoch = .max }, { $0.samples = -5 }, { $0.samples = .max }, { $0.epochSamples = .max },
            { $0.log[0] = "{}\n{}" },
        ]
        for (index, change) in changes.enumerated() {
            var state = Self.state
            change(&state)
            #expect(state.inconsistency(stepsPerEpoch: 10) != nil, "change \(index)")
        }
    }

    @Test func `best metrics without a number for each cut-off are refused`() throws {
        var state = Self.state
        let text = String(decoding: try JSONEncoder().encode(state.bestMetrics), as: UTF8.self)
        let damaged = text.replacing("\"topK\":[5,10]", with: "\"topK\":[5,10,20]")
        try #require(damaged != text)
        state.bestMetrics = try JSONDecoder().decode(RankingMetrics.self, from: Data(damaged.utf8))
        #expect(state.inconsistency(stepsPerEpoch: 10) != nil)
    }

    @Test func `a state of many combining marks is refused at once`() throws {
        let marks = String(repeating: "\\u0301", count: 20_000) + String(repeating: "\\u0323", count: 20_000)
        let snapshot = Self.snapshot(layout, data: "{\"\(marks)\":1}")
        take(Self.state, best: nil, into: snapshot)
        let path = folder.file("step-0000000025.safetensors")
        try snapshot.write(to: path) {}
        let error = #expect(throws: DamagedCheckpoint.self) { try read(path) }
        #expect(error?.reason.contains("combining marks") == true)
    }

    @Test func `a writer that is not allowed any more leaves nothing behind`() throws {
        struct Refused: Error {}
        #expect(throws: Refused.self) {
            try snapshot.write(to: folder.file("step-0000000025.safetensors")) { throw Refused() }
        }
        #expect(folder.content.isEmpty)
    }
}

@Suite struct CheckpointPlanTests {
    @Test func `cheap checkpoints may follow each other quickly, and none waits for more than half a second`() {
        let plan = CheckpointPlan(everySteps: 1)
        #expect(plan.pause(after: 0) == 0)
        #expect(plan.pause(after: 0.001) == 0.2)
        #expect(plan.pause(after: 10) == 0.5)
    }
}

@Suite struct DatasetFingerprintTests {
    private func dataset(_ items: [Int32], times: [Int64] = [1, 2, 3]) throws -> DatasetFingerprint {
        let train = try InteractionTable(file: "memory", users: [1, 1, 2], items: items, times: times)
        let rest = try InteractionTable(file: "memory", users: [1, 2], items: [4, 4], times: [9, 9])
        return DatasetFingerprint(try InteractionDataset(name: "memory", train: train, dev: rest, test: rest))
    }

    @Test func `what differs between two data sets is named`() throws {
        let reference = try dataset([1, 2, 3])
        #expect(try dataset([1, 2, 3]).differences(from: reference).isEmpty)
        #expect(
            try dataset([1, 3, 2]).differences(from: reference) == [
                "train has other interactions than before, as many as before"
            ])
        #expect(try dataset([1, 2, 3], times: [1, 2, 4]).differences(from: reference).count == 1)
        #expect(try dataset([1, 2, 2]).differences(from: reference).first == "3 items instead of 4")
        #expect(
            try dataset([1, 2, 5]).differences(from: reference).first
                == "other ids of users or items, as many as before")
    }
}
