import Foundation
import ProcessSupport
import Testing
import TrainerSupport

/// The programs of `Sources/Examples/MPIPrograms`: built as a user of the library builds them, and run.
@Suite struct ExampleTests {
    private static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The folder of the programs, built once.
    private static let programs = Task {
        let package = repository.appendingPathComponent("Sources/Examples/MPIPrograms").path
        let folder = repository.appendingPathComponent(".build/mpi-programs").path
        let options = ["build", "-c", "release", "--package-path", package, "--scratch-path", folder]
        let result = try await run(
            product: "/usr/bin/env", arguments: ["swift"] + options, timeout: .seconds(900))
        try #require(result.exitCode == 0, "\(result.standardOutput)\(result.standardError)")
        return folder + "/release/"
    }

    @Test(
        arguments: [
            ("pi", "pi is about 3.14159265358"), ("ring", "2 -> 0, 0 -> 1, 1 -> 2"),
            ("average", "the average of 3 ranks is 1.0"),
        ])
    func `an example of MPI says on three ranks what it should`(example: (program: String, words: String)) async throws
    {
        let program = try await Self.programs.value + example.program
        let result = try await run(
            product: "/usr/bin/env", arguments: ["mpirun", "-n", "3", "--oversubscribe", program])
        #expect(result.exitCode == 0, "\(result.standardError)")
        #expect(result.standardOutput.contains(example.words), "\(result.standardOutput)")
    }
}
