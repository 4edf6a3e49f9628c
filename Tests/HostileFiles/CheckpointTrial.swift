import Differentiation
import Evaluation
import Foundation
import Interactions
import KernelCore
import ModelFiles
import Training

/// A checkpoint. What is read fits together and into the model.
struct CheckpointTrial: ReaderTrial {
    static let name = "checkpoint"
    static let fragments =
        SafetensorsTrial.fragments + [
            "\"header_crc32c\":\"00000000\"", "\"crc32c\":\"{}\"", "\\\"step\\\":25", "\\\"topK\\\":[5]", "\\\\u0301",
            "best.", "first.", "-5", "1e308", "9223372036854775807",
        ]

    private let file: ScratchFile
    private let layout: ParameterLayout
    private let room: ParameterStorage
    private let configuration = TrainingConfiguration(model: "ComiRec", dataRoot: "d", dataset: "s", output: "o")

    init(folder: String) throws {
        file = try ScratchFile("step-0000000025.safetensors", in: folder)
        layout = ParameterLayout()
        _ = layout.root.table("items", rows: 3, columns: 2, Initialization.normal(deviation: 1))
        _ = layout.root.vector("bias", count: 2, Initialization.normal(deviation: 1))
        room = ParameterStorage(layout)
    }

    func read(_ input: [UInt8]) throws {
        try file.replace(by: input)
        do {
            let checkpoint = try CheckpointFile(path: file.path)
            for change in ResumeDifferences(now: configuration, before: checkpoint.configuration).changes {
                try requireHarmless(change.text + "\n")
            }
            guard checkpoint.state.inconsistency(stepsPerEpoch: 10) == nil else { return }
            _ = checkpoint.state.bestMetrics?.named
            for group in CheckpointFormat.Group.all(withAverage: false) where group != .best || checkpoint.hasBest {
                try checkpoint.read(group, into: room.values, layout)
            }
        } catch let error as DamagedCheckpoint {
            try requireHarmless("\(error)\n")
        }
    }

    /// The checksum of the header is made to fit in three of four cases: otherwise nothing behind it is reached.
    func mutated(_ input: [UInt8], choice: UInt32, by change: ([UInt8]) -> [UInt8]) -> [UInt8] {
        let bytes = change(input)
        return choice % 4 > 0 ? Self.withFittingChecksum(bytes) : bytes
    }

    private static func headerLength(_ bytes: [UInt8]) -> Int {
        bytes.prefix(8).reversed().reduce(0) { ($0 << 8 | Int($1)) & 0xFFFF }
    }

    private static func withFittingChecksum(_ input: [UInt8]) -> [UInt8] {
        var bytes = input
        guard bytes.count >= 8 else { return bytes }
        let length = headerLength(bytes)
        let digits = 8 + "{\"__metadata__\":{\"header_crc32c\":\"".utf8.count
        guard bytes.count >= 8 + length, 8 + length >= digits + 8 else { return bytes }
        bytes.replaceSubrange(digits..<digits + 8, with: repeatElement(UInt8(ascii: "0"), count: 8))
        let checksum = String(Checksum.of(Array(bytes[..<(8 + length)])), radix: 16)
        bytes.replaceSubrange((digits + 8 - checksum.utf8.count)..<digits + 8, with: checksum.utf8)
        return bytes
    }

    /// A checkpoint without the spaces that fill its header up to the end of a page: changes of those lead nowhere.
    private static func compact(_ input: [UInt8]) -> [UInt8] {
        let end = 8 + headerLength(input)
        let last = input[8..<end].lastIndex { $0 != UInt8(ascii: " ") } ?? end - 1
        let header = input[8...last]
        let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
        return withFittingChecksum(length + header + input[end...])
    }

    /// Checkpoints as a training writes them, in its first epoch and after two.
    func seeds() throws -> [[UInt8]] {
        let values = ParameterStorage(layout)
        values.values.initialize(layout, seed: 1)
        let table = { (item: Int32) throws in
            try InteractionTable(file: "memory", users: [1, 2], items: [item, 3], times: [1, 2])
        }
        let data = try InteractionDataset(name: "memory", train: table(1), dev: table(2), test: table(3))
        let snapshot = CheckpointSnapshot(
            layout,
            CheckpointDescription(
                configuration: configuration.text.text,
                data: String(decoding: try JSONEncoder().encode(DatasetFingerprint(data)), as: UTF8.self),
                instructionSet: "some instructions"))
        var state = TrainingState()
        (state.step, state.epoch, state.stepsOfEpoch) = (5, 1, 5)
        var seeds: [[UInt8]] = []
        for isLater in [false, true] {
            if isLater {
                (state.step, state.epoch, state.stepsOfEpoch) = (25, 3, 5)
                (state.results, state.bestEpoch) = ([0.25, 0.5], 2)
                state.bestMetrics = .init(positions: [1, 3, 8], topK: [5, 10], measures: [.mrr])
                state.log = [#"{"epoch":1}"#, #"{"epoch":2}"#]
            }
            snapshot.take(
                state, parameters: values.values, moments: (values.values, values.values),
                best: isLater ? values : nil)
            try snapshot.write(to: file.path + "-seed") {}
            seeds.append(Self.compact(Array(try Data(contentsOf: URL(filePath: file.path + "-seed")))))
        }
        return seeds
    }
}
