import ProcessSupport
import Testing

/// How programs end: well, by an error, by an abort, by a mistake of their author.
@Suite struct EndTests {
    private static let badData = """
        error: dev.csv:1042: neg_items has 98 entries, the rows before have 99
               remove the column

        """

    private func end(_ scenario: String, ranks: Int) async throws -> ProgramResult {
        try await mpirun(ranks: ranks, product: "mpi-program", arguments: [scenario], timeout: .seconds(20))
    }

    @Test func `a program without a launcher is a world of one rank`() async throws {
        let result = try await run(product: "mpi-program", arguments: ["hello"])
        #expect(result.exitCode == 0)
        #expect(result.standardOutput == "rank 0 of 1\n")
    }

    @Test func `all checks hold without a launcher`() async throws {
        let result = try await run(product: "mpi-program", arguments: ["values"])
        #expect(result.exitCode == 0, "\(result.standardOutput)\(result.standardError)")
    }

    @Test func `the first program of the documentation says what it should`() async throws {
        let alone = try await run(product: "mpi-program", arguments: ["first-program"])
        #expect(alone.standardOutput == "1 ranks add up to 0\n")
        let result = try await end("first-program", ranks: 4)
        #expect(result.standardOutput == "4 ranks add up to 6\n")
    }

    @Test(arguments: [1, 2, 3])
    func `every rank knows its place`(ranks: Int) async throws {
        let result = try await end("hello", ranks: ranks)
        let lines = result.standardOutput.split(separator: "\n").sorted()
        #expect(lines == (0..<ranks).map { "rank \($0) of \(ranks)" })
    }

    @Test(arguments: [1, 2, 3])
    func `an uncaught error on one rank ends all with its message and exit code`(ranks: Int) async throws {
        let result = try await end("uncaught-error", ranks: ranks)
        #expect(!result.timedOut)
        #expect(result.exitCode == 65)
        #expect(result.standardError.occurrences(of: Self.badData) == 1, "\(result.standardError)")
        #expect(result.standardError.occurrences(of: "dev.csv") == 1)
    }

    @Test func `an uncaught error without a launcher ends with its message and exit code`() async throws {
        let result = try await run(product: "mpi-program", arguments: ["uncaught-error"], timeout: .seconds(20))
        #expect(result.exitCode == 65)
        #expect(result.standardError.occurrences(of: Self.badData) == 1, "\(result.standardError)")
    }

    @Test(arguments: [1, 2, 3])
    func `an error that several ranks have is printed once`(ranks: Int) async throws {
        let result = try await end("collective-error", ranks: ranks)
        #expect(!result.timedOut)
        #expect(result.exitCode == 65)
        #expect(result.standardError.occurrences(of: Self.badData) == 1, "\(result.standardError)")
        #expect(result.standardError.occurrences(of: "error: ") == 1)
        #expect(result.standardOutput == "")
    }

    @Test(arguments: [1, 2])
    func `a dropped request ends the program and says so`(ranks: Int) async throws {
        let result = try await end("dropped-request", ranks: ranks)
        #expect(!result.timedOut)
        #expect(result.exitCode == 70)
        let message = "error: a request was dropped before it was complete: MPI_Irecv"
        #expect(result.standardError.occurrences(of: message) == 1, "\(result.standardError)")
    }

    @Test func `a dropped group ends the program and says so`() async throws {
        let result = try await end("dropped-group", ranks: 2)
        #expect(!result.timedOut)
        #expect(result.exitCode == 70)
        let message = "error: a request was dropped before it was complete: 1 of a RequestGroup"
        #expect(result.standardError.occurrences(of: message) == 1, "\(result.standardError)")
    }

    @Test func `an abandoned request lets the error through`() async throws {
        let result = try await end("abandoned-request", ranks: 2)
        #expect(result.exitCode == 65)
        #expect(result.standardError.occurrences(of: Self.badData) == 1, "\(result.standardError)")
        #expect(!result.standardError.contains("dropped"))
    }

    @Test(arguments: [1, 3])
    func `an abort ends all ranks with its code`(ranks: Int) async throws {
        let result = try await end("abort", ranks: ranks)
        #expect(!result.timedOut)
        #expect(result.exitCode == 7)
    }

    @Test(arguments: [1, 2])
    func `MPI ends well although objects outlive it and a window was never freed`(ranks: Int) async throws {
        let result = try await end("by-hand", ranks: ranks)
        #expect(result.exitCode == 0, "\(result.standardOutput)\(result.standardError)")
        let lines = result.standardOutput.split(separator: "\n").sorted()
        #expect(lines.count == ranks)
        for (rank, line) in lines.enumerated() { #expect(line.hasPrefix("rank \(rank) ended by hand, MPI_THREAD_")) }
    }

    @Test func `two threads exchange at the same time`() async throws {
        let result = try await end("threads", ranks: 2)
        #expect(result.exitCode == 0, "\(result.standardError)")
        #expect(result.standardOutput.split(separator: "\n").count == 2)
    }

    @Test func `a wrong command line is told without MPI`() async throws {
        let result = try await run(product: "mpi-program", arguments: ["nonsense"])
        #expect(result.exitCode == 64)
        #expect(result.standardOutput.hasPrefix("usage: mpi-program names|values|"))
    }

    @Test func `a program that does not end is killed when its time is up`() async throws {
        let result = try await mpirun(
            ranks: 2, product: "mpi-program", arguments: ["hang"], timeout: .seconds(2))
        #expect(result.timedOut)
        #expect(result.exitCode != 0)
    }

    @Test func `a product that does not exist is named`() async {
        let error = await #expect(throws: LaunchError.self) { try await run(product: "no-such-program") }
        #expect(error?.description.contains("no-such-program: no such program") == true)
    }
}

extension String {
    fileprivate func occurrences(of part: String) -> Int { ranges(of: part).count }
}
