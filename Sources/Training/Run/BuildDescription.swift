import CBuild
import FileIO
import KernelCore
import MPI

/// This program and what else decides about the bits of a result: what `trainer --version` prints, and `build` of
/// `result.json`.
public struct BuildDescription: Sendable, Equatable {
    /// The version of the package, as in CHANGELOG.md; the only place in the code that has it.
    public static let version = "0.1.0-dev"

    /// The version of the package that this program was built from.
    public let version: String
    /// The commit that it was built from, with a `+` where files were changed; nil where the build was not told.
    public let commit: String?
    /// What the kernels were built for.
    public let instructionSet: String
    /// The largest instruction set of this processor.
    public let processor: String
    /// The MPI library and its version, `Open MPI v4.1.4`, without how it was packaged.
    public let mpi: String

    /// Of this process. MPI need not be initialized.
    public static var current: BuildDescription {
        let library = MPIEnvironment.libraryVersion
        let mpi = library.prefix { $0 != "," && $0 != "\n" }
        let commit = String(cString: facet_build_commit())
        return BuildDescription(
            version: version, commit: commit.isEmpty ? nil : commit, instructionSet: InstructionSet.builtFor,
            processor: InstructionSet.ofProcessor,
            mpi: String(mpi).printable(limit: 200))
    }

    /// `build` of `result.json`.
    public var json: JSONValue {
        var members = [JSONValue.Member("version", .string(version))]
        if let commit { members.append(JSONValue.Member("commit", .string(commit))) }
        return .object(
            members + [
                JSONValue.Member("instruction_set", .string(instructionSet)),
                JSONValue.Member("processor", .string(processor)), JSONValue.Member("mpi", .string(mpi)),
            ])
    }

    /// For people, a line each.
    public var text: String {
        "trainer \(version)\(commit.map { " (\($0))" } ?? "")\nkernels for \(instructionSet), on a processor with \(processor)\n\(mpi)"
    }
}
