import CZlib
import Foundation
import Interactions

/// A folder of its own for a test, removed with it.
final class TemporaryFolder {
    let path: String

    init() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "interactions-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }

    func write(_ name: String, _ text: String) throws { try write(name, bytes: Array(text.utf8)) }

    func write(_ name: String, bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(filePath: file(name)))
    }

    /// Adds a gzip member to a file.
    func appendGzip(_ name: String, _ text: String) throws {
        guard let stream = gzopen(file(name), "ab") else { throw CocoaError(.fileWriteUnknown) }
        let bytes = Array(text.utf8)
        let written = gzwrite(stream, bytes, UInt32(bytes.count))
        guard gzclose(stream) == Z_OK, Int(written) == bytes.count else { throw CocoaError(.fileWriteUnknown) }
    }

    func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: file(name)))) }

    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }

    func load() throws(DatasetError) -> InteractionDataset { try InteractionDataset.load(folder: path) }

    /// The error that reading ends in, nil if there is none.
    func loadError(_ known: KnownIds = KnownIds()) -> DatasetError? {
        do throws(DatasetError) {
            _ = try InteractionDataset.load(folder: path, known: known)
            return nil
        } catch {
            return error
        }
    }
}

/// A small data set in ReChorus files, of which a test changes what it is about.
struct ReChorusFiles {
    var train = [
        "user_id\titem_id\ttime", "1\t1\t10", "1\t2\t20", "1\t3\t30", "2\t2\t10", "2\t4\t20", "3\t5\t15",
    ]
    var dev = ["user_id\titem_id\ttime\tneg_items", "1\t4\t40\t[5, 6]", "2\t1\t30\t[3, 5]", "3\t1\t25\t[2, 2]"]
    var test = ["user_id\titem_id\ttime\tneg_items", "1\t5\t50\t[6, 7]", "2\t3\t40\t[1, 6]", "3\t2\t35\t[6, 4]"]
    var lineEnd = "\n"

    func write() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write("train.csv", text(train))
        try folder.write("dev.csv", text(dev))
        try folder.write("test.csv", text(test))
        return folder
    }

    func text(_ lines: [String]) -> String { lines.joined(separator: lineEnd) + lineEnd }
}

extension InteractionDataset {
    /// All shards in one store.
    func wholeStore(
        _ kind: SampleKind = .sequential, shards count: Int = 1, windows: WindowRule? = nil
    ) throws(DatasetError) -> (LogicalShards, SequenceStore) {
        let shards = try LogicalShards(dataset: self, kind: kind, count: count, windows: windows)
        return (shards, SequenceStore(dataset: self, shards: shards, range: 0..<count))
    }
}

extension PackedBatch {
    var userArray: [Int32] { Array(UnsafeBufferPointer(start: users, count: count)) }
    var sampleArray: [UInt32] { Array(UnsafeBufferPointer(start: sampleNames, count: count)) }
    var historyArrays: [[Int32]] { (0..<count).map { Array(history($0)) } }
    var timeArrays: [[Int64]] { (0..<count).map { histories.range($0).map { historyTimes[$0] } } }
    var candidateArrays: [[Int32]] {
        (0..<count).map { sample in
            (0..<candidatesPerTarget).map { candidates[sample * candidatesPerTarget + $0] }
        }
    }
}
