import FileIO
import MPI
import Reporting

/// Where answers go: a file that appears complete or not at all, or standard output, piece by piece.
final class AnswerOutput {
    private var file: AtomicFile?
    private let isFile: Bool
    /// Whether the reader of standard output is gone.
    private(set) var isClosed = false

    /// - Parameter path: nil: standard output.
    init(_ path: String?) throws(FileError) {
        StandardOutput.outliveReader()
        isFile = path != nil
        if let path { file = try AtomicFile(replacing: path) }
    }

    /// Writes bytes at once. Does nothing where the reader is gone.
    func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        guard !bytes.isEmpty, !isClosed else { return }
        if isFile {
            try file?.write(bytes)
            file?.beginSynchronizing()
            return
        }
        isClosed = try !StandardOutput.write(bytes)
    }

    /// Writes what the ranks have, in their order. Collective.
    ///
    /// - Parameters:
    ///   - text: of this rank.
    ///   - output: at rank 0; nil elsewhere.
    /// - Returns: whether somebody reads on, on all ranks.
    static func write(_ text: borrowing AnswerText, to output: AnswerOutput?, world: Communicator) throws -> Bool {
        guard world.size > 1 else {
            try text.withBytes { (bytes) throws(FileError) in try output?.write(bytes) }
            return !(output?.isClosed ?? false)
        }
        let texts = try world.gather(text.array, at: 0)
        let isClosed = try world.collectively {
            try texts?.joined.withUnsafeBytes { try output?.write($0) }
            return output?.isClosed ?? false
        }
        return try world.broadcast(isClosed ? 1 : 0, from: 0) == 0
    }

    /// Gives the file its name.
    func finish() throws(FileError) {
        if let whole = file.take() { try whole.commit() }
    }
}
