import Foundation
import HostileFiles
import Synchronization
import Testing

/// Files that are damaged at random. `scripts/fuzz` looks for worse ones, guided by what the readers do with them.
///
/// `FACET_MUTATIONS` sets how many each reader gets.
@Suite struct MutationTests {
    private static let count = ProcessInfo.processInfo.environment["FACET_MUTATIONS"].flatMap { Int($0) } ?? 20_000

    /// A folder for many small files, in memory where the machine has a file system there.
    private final class Folder {
        let path: String

        init() throws {
            let memory = "/dev/shm"
            let isInMemory = FileManager.default.isWritableFile(atPath: memory)
            path = (isInMemory ? memory : NSTemporaryDirectory()) + "/facet-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    /// A reader that traps ends the test process; one that loops is named before the process is ended.
    @Test(arguments: ReaderTrials.all.indices)
    func `damaged files are refused or read, and nothing else`(reader: Int) throws {
        let type = ReaderTrials.all[reader]
        let folder = try Folder()
        let trial = try type.init(folder: folder.path)
        let seeds = try trial.seeds()
        let watch = LoopWatch(limit: .seconds(120)) { [name = type.name] sample in
            FileHandle.standardError.write(Data("\(name), sample \(sample): no end after two minutes\n".utf8))
            abort()
        }
        defer { watch.end() }
        for seed in seeds { try trial.read(seed) }
        for sample in 0..<Self.count {
            watch.begin(sample)
            var mutator = Mutator(fragments: type.fragments, sample: sample)
            let input = trial.mutated(seeds[sample % seeds.count], choice: UInt32(sample / seeds.count)) {
                mutator.changed($0)
            }
            do {
                try trial.read(input)
            } catch {
                Issue.record("\(type.name), sample \(sample): \(error)\n\(String(decoding: input, as: UTF8.self))")
                break
            }
        }
    }

    @Test func `a sample that takes too long is named, and no other`() async throws {
        let (named, names) = AsyncStream.makeStream(of: Int.self)
        let watch = LoopWatch(limit: .seconds(2)) { sample in
            names.yield(sample)
            names.finish()
        }
        for sample in 0..<5 { watch.begin(sample) }
        var found: [Int] = []
        for await sample in named { found.append(sample) }
        watch.end()
        #expect(found == [4])
    }

    @Test func `samples that end in time, and what follows the last, are not named`() async throws {
        let names = Mutex<[Int]>([])
        let watch = LoopWatch(limit: .seconds(600)) { sample in names.withLock { $0.append(sample) } }
        for sample in 0..<5 { watch.begin(sample) }
        watch.end()
        #expect(names.withLock { $0 } == [])
    }
}
