import MPI

/// One behaviour of the module, tried on every rank of the world.
struct Check {
    let name: String
    let body: (Communicator, Findings) throws -> Void

    init(_ name: String, _ body: @escaping (Communicator, Findings) throws -> Void) {
        self.name = name
        self.body = body
    }

    static var all: [Check] {
        environment + communicators + pointToPoint + collectives + gathering + exchanges + reductions + requests
            + groups + windows + errors + documentation
    }
}

/// What a check found wrong on this rank. A finding does not end the check, so that the ranks stay together.
final class Findings {
    private(set) var texts: [String] = []

    func expect(_ condition: Bool, _ text: @autoclosure () -> String, line: Int = #line) {
        if !condition { texts.append("line \(line): \(text())") }
    }

    func expectEqual<Value: Equatable>(_ found: Value, _ expected: Value, line: Int = #line) {
        expect(found == expected, "\(found) instead of \(expected)", line: line)
    }

    /// Expects `body` to throw an `MPIError` and returns it.
    @discardableResult
    func expectError(line: Int = #line, _ body: () throws(MPIError) -> Void) -> MPIError? {
        do throws(MPIError) {
            try body()
            texts.append("line \(line): no error was thrown")
            return nil
        } catch {
            return error
        }
    }
}

/// Does all checks and reports each by name at rank 0: `passed NAME`, or `failed NAME` with the findings of the ranks.
func doAllChecks(_ world: Communicator) throws {
    var failures = 0
    for check in Check.all {
        let findings = Findings()
        try check.body(world, findings)
        // Nobody's next check may send to a rank that still receives from anyone in this one.
        try world.barrier()
        let texts = try world.gather(findings.texts.joined(separator: "; "), at: 0)
        guard let texts else { continue }
        let found = texts.enumerated().filter { !$0.element.isEmpty }
        if found.isEmpty {
            print("passed \(check.name)")
        } else {
            failures += 1
            print("failed \(check.name)", found.map { "rank \($0.offset): \($0.element)" }.joined(separator: " | "))
        }
    }
    guard try world.broadcast(failures, from: 0) == 0 else { throw ScenarioError.checksFailed }
}
