import ProcessSupport
import Testing

/// One run of the program for each number of ranks; every check is a test of its own.
@Suite struct ValueTests {
    @Test(arguments: ValueCheck.allCases, [1, 2, 3])
    func `holds on every rank`(check: ValueCheck, ranks: Int) async throws {
        let result = try await ValueRuns.shared.result(ranks: ranks)
        let lines = result.standardOutput.split(separator: "\n")
        let failure = lines.first { $0.hasPrefix("failed \(check.rawValue) rank ") }
        #expect(failure == nil)
        #expect(
            lines.contains { $0 == "passed \(check.rawValue)" },
            "exit code \(result.exitCode), timed out \(result.timedOut): \(result.standardError)")
    }

    @Test(arguments: [1, 2, 3])
    func `all checks together end well`(ranks: Int) async throws {
        let result = try await ValueRuns.shared.result(ranks: ranks)
        #expect(result.exitCode == 0)
        #expect(result.standardError == "")
    }

    @Test func `every check of the program is listed here`() async throws {
        let result = try await run(product: "mpi-program", arguments: ["names"])
        let names = result.standardOutput.split(separator: "\n").map(String.init)
        #expect(names == ValueCheck.allCases.map(\.rawValue))
    }
}

/// The runs of `mpi-program values` that tests have asked for.
private actor ValueRuns {
    static let shared = ValueRuns()

    private var runs: [Int: Task<ProgramResult, any Error>] = [:]

    func result(ranks: Int) async throws -> ProgramResult {
        let run =
            runs[ranks]
            ?? Task {
                // Handles that the checks forget to free are reported on standard error.
                try await mpirun(
                    ranks: ranks, product: "mpi-program", arguments: ["values"],
                    environment: ["OMPI_MCA_mpi_show_handle_leaks": "1"])
            }
        runs[ranks] = run
        return try await run.value
    }
}
