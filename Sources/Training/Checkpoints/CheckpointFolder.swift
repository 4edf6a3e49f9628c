import FileIO
import Foundation

/// The folder `checkpoints` of a run: which checkpoints there are, the newest last.
struct CheckpointFolder: Sendable {
    let path: String

    /// The steps of the checkpoints, rising. Half-written ones have other names.
    var steps: [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.compactMap(CheckpointFormat.step(ofFileName:)).sorted()
    }

    func file(step: Int) -> String { path + "/" + CheckpointFormat.fileName(step: step) }

    /// Removes all but the newest `count` checkpoints.
    func keepNewest(_ count: Int) throws(FileError) { try remove(steps.dropLast(count)) }

    /// Removes the checkpoints of steps beyond `step`: a training that was resumed from an older one writes them anew.
    func removeBeyond(_ step: Int) throws(FileError) { try remove(steps.filter { $0 > step }[...]) }

    func removeAll() throws(FileError) { try remove(steps[...]) }

    private func remove(_ steps: ArraySlice<Int>) throws(FileError) {
        for step in steps where unlink(file(step: step)) != 0 && errno != ENOENT {
            throw FileError(path: file(step: step), operation: .replace, code: errno)
        }
    }
}
