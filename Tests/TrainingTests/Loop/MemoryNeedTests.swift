import Testing
import Training

@Suite struct MemoryNeedTests {
    private static let need = MemoryNeed(bytes: 3_000_000_000, ownBytes: 1_000_000_000)

    @Test func `what the ranks of a node need together is compared with the memory of the machine`() throws {
        try Self.need.check(limit: 3_000_000_000, ownLimit: nil)
        let error = #expect(throws: TrainingError.self) {
            try Self.need.check(limit: 2_999_999_999, ownLimit: nil)
        }
        #expect(error?.kind == .failure)
        #expect(
            error?.problem
                == "parameters, moments and gradients need 3.00 GB, the memory of this machine or its container is 3.00 GB"
        )
        #expect(error?.remedy.contains("--embedding-size") == true)
    }

    @Test func `what this rank needs is compared with the memory that a process may have`() throws {
        try Self.need.check(limit: nil, ownLimit: 1_000_000_000)
        let error = #expect(throws: TrainingError.self) { try Self.need.check(limit: nil, ownLimit: 999_999_999) }
        #expect(
            error?.problem.hasSuffix("need 1.00 GB, the memory that a process may have (ulimit -v) is 1.00 GB") == true)
    }

    @Test func `a machine without limits takes everything, and this one has memory`() throws {
        try MemoryNeed(bytes: .max, ownBytes: .max).check(limit: nil, ownLimit: nil)
        try MemoryNeed(bytes: 1_000_000, ownBytes: 1_000_000).check()
        #expect(throws: TrainingError.self) { try MemoryNeed(bytes: .max, ownBytes: 0).check() }
    }
}
