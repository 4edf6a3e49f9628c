import FileIO
import Foundation
import KernelCore
import ProcessSupport
import Testing
import TrainerSupport
import Training

/// What the program says of itself.
@Suite struct VersionTests {
    @Test(arguments: [Launch.alone, .ranks(2)])
    func `version prints once the version, the instruction sets and the MPI library`(launch: Launch) async throws {
        let result = try await launch.successfulTrainer(["--version"])
        let lines = result.standardOutput.split(separator: "\n")
        #expect(lines.count == 3 && lines.first == "trainer \(BuildDescription.version)", "\(result.standardOutput)")
        #expect(lines[1] == "kernels for \(InstructionSet.builtFor), on a processor with \(InstructionSet.ofProcessor)")
        #expect(lines[2].contains(/^Open MPI v[0-9]+\.[0-9]+/))
        #expect(result.standardError.isEmpty)
    }

    @Test func `a result tells by which build it was computed`() async throws {
        let run = try FinishedRun(folder: try await FinishedRuns.workspace()("ComiRec"))
        let build = try #require(run.result["build"])
        #expect(build == BuildDescription.current.json)
        #expect(build["version"] == .string(BuildDescription.version) && build["mpi"]?.string?.isEmpty == false)
    }

    @Test func `the changelog has the version of the code`() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "CHANGELOG.md")
        #expect(try String(contentsOf: path, encoding: .utf8).contains("`\(BuildDescription.version)`"))
    }
}
