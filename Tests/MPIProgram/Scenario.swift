import MPI

/// What one run of the program does.
enum Scenario: String, CaseIterable {
    /// Writes the names of all checks, without MPI.
    case names
    /// Does all checks.
    case values
    /// Says how large the world is.
    case hello
    /// The first program of the documentation.
    case firstProgram = "first-program"
    /// Throws on the last rank while the others wait in a barrier.
    case uncaughtError = "uncaught-error"
    /// Fails on the ranks 1 and up, or on 0 if it is alone, in something that all ranks do together.
    case collectiveError = "collective-error"
    /// Drops a request whose operation cannot complete.
    case droppedRequest = "dropped-request"
    /// Drops a group with an operation that cannot complete.
    case droppedGroup = "dropped-group"
    /// Abandons a request on the way out after an error.
    case abandonedRequest = "abandoned-request"
    /// Aborts on the last rank.
    case abort
    /// Initializes and finalizes by hand; objects outlive the end of MPI, a window is never freed.
    case byHand = "by-hand"
    /// Sends from two threads at a time.
    case threads
    /// Waits for a message that nobody sends.
    case hang

    static func exitCode(_ error: any Error) -> Int32 {
        switch error {
        case ScenarioError.badData: 65
        case is MPIError: 70
        default: 1
        }
    }

    func body(_ world: Communicator) throws {
        let isLast = world.rank == world.size - 1
        switch self {
        case .names, .byHand, .firstProgram: break
        case .values: try doAllChecks(world)
        case .hello: print("rank \(world.rank) of \(world.size)")
        case .hang: _ = try world.receive(Int.self)
        case .threads: try sendFromTwoThreads(world)
        case .uncaughtError:
            if isLast { throw ScenarioError.badData }
            try world.barrier()
        case .collectiveError:
            try world.collectively { if world.rank >= 1 || world.size == 1 { throw ScenarioError.badData } }
            print("rank \(world.rank) went on")
        case .droppedRequest:
            if isLast { try dropRequest(world) }
            try world.barrier()
        case .droppedGroup:
            if isLast {
                let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: 4)
                var group = RequestGroup(capacity: 1)
                try world.startReceive(into: buffer, tag: 9, in: &group)
            }
            try world.barrier()
        case .abandonedRequest:
            if isLast {
                let request = try world.startReceive(into: Buffer<Float>(repeating: 0, count: 4), tag: 9)
                request.abandon()
                throw ScenarioError.badData
            }
            try world.barrier()
        case .abort:
            if isLast { world.abort(exitCode: 7) }
            try world.barrier()
        }
    }

    private func dropRequest(_ world: Communicator) throws {
        var request = try world.startReceive(into: Buffer<Float>(repeating: 0, count: 4), tag: 9)
        guard try !request.test() else { throw ScenarioError.checksFailed }
    }

    func initializeByHand() {
        do {
            let provided = try MPIEnvironment.initialize(requesting: .single)
            let findings = Findings()
            findings.expectEqual(
                findings.expectError { () throws(MPIError) in try MPIEnvironment.initialize() }?.reason, .lifecycle)
            let copy = try Communicator.world.duplicate()
            let window = try SharedWindow<Float>(count: 10, on: try copy.splitBySharedMemory())
            window.segment(of: 0)[0] = 1
            findings.expect(MPIEnvironment.isActive, "MPI is not active")
            try MPIEnvironment.finalize()
            findings.expect(MPIEnvironment.isFinalized && MPIEnvironment.isInitialized, "MPI is not finalized")
            findings.expectEqual(
                findings.expectError { () throws(MPIError) in try MPIEnvironment.finalize() }?.reason, .lifecycle)
            guard findings.texts.isEmpty else {
                print(findings.texts)
                MPIEnvironment.abort(exitCode: 1)
            }
            print("rank \(copy.rank) ended by hand, \(provided)")
        } catch {
            print(error)
            MPIEnvironment.abort(exitCode: 1)
        }
    }
}

enum ScenarioError: Error, CustomStringConvertible {
    case badData
    case checksFailed

    var description: String {
        switch self {
        case .badData: "dev.csv:1042: neg_items has 98 entries, the rows before have 99\nremove the column"
        case .checksFailed: "some checks failed"
        }
    }
}
