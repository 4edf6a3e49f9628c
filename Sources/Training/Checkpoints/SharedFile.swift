import FileIO
import MPI

/// A file of which every rank writes a part, and which appears under its name complete or not at all.
///
/// All ranks must see the folder: rank 0 makes the file there, the others open it.
final class SharedFile {
    /// Of rank 0, which gives the file its name.
    private var file: AtomicFile?
    private let own: OpenFile
    private let world: Communicator

    /// Creates the file under a temporary name. Collective.
    ///
    /// - Parameter path: of rank 0 alone.
    init(replacing path: String, world: Communicator) throws {
        self.world = world
        let isRoot = world.rank == 0
        var created: AtomicFile?
        let incomplete: String
        // What only rank 0 may fail at comes before anything that the others wait for.
        let outcome = Result { if isRoot { created = try AtomicFile(replacing: path) } }
        _ = try world.collectively { try outcome.get() }
        incomplete = try world.broadcast(created?.incompletePath ?? "", from: 0)
        file = created.take()
        var opened: OpenFile?
        let opening = Result {
            do throws(FileError) { opened = try OpenFile(path: incomplete, access: .update) } catch {
                throw TrainingError(
                    .failure, "rank \(world.rank) cannot write to \(incomplete): \(error.reason)",
                    recoverySuggestion:
                        "with --table-sharding and --optimizer-sharding all ranks write to --out: put it on a file system that "
                        + "all hosts share"
                )
            }
        }
        try world.collectively { try opening.get() }
        own = opened.take()!
    }

    /// Writes a part of the file.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) { try own.write(bytes, at: offset) }

    /// Writes a part of the file.
    func write(_ bytes: [UInt8], at offset: Int) throws {
        try bytes.withUnsafeBytes { try own.write($0, at: offset) }
    }

    /// Brings all parts to the disk and gives the file its name. Collective.
    ///
    /// - Parameter isAllowed: asked of rank 0 right before; throws if it may not write any more.
    func commit(isAllowed: () throws -> Void) throws {
        try world.collectively { try own.synchronize() }
        try world.collectively {
            guard let file = file.take() else { return }
            try isAllowed()
            try file.commit()
        }
    }
}
