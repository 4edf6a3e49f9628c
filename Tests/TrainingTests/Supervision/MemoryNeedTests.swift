import KernelCore
import Testing
import Training

@Suite struct MemoryNeedTests {
    /// Two ranks, which share 3 GB and have 1 GB and 2 GB of their own; both are in the group 7, the first one in 8 too.
    private static func node(localRank: Int = 0) -> NodeNeed {
        NodeNeed(
            ranks: [
                (MemoryNeed(own: 1_000_000_000, shared: 3_000_000_000), [8, 7]),
                (MemoryNeed(own: 2_000_000_000), [7]),
            ], localRank: localRank)
    }

    private static func group(_ identifier: Int, limit: Int, used: Int = 0) -> ControlGroup {
        ControlGroup(path: "/groups/\(identifier)", identifier: identifier, limit: limit, used: used)
    }

    private static func problem(
        localRank: Int = 0, machine: Int? = nil, groups: [ControlGroup] = [], process: ProcessLimits = ProcessLimits()
    ) -> String? {
        do {
            try node(localRank: localRank).check(of: "numbers", machine: machine, groups: groups, process: process)
            return nil
        } catch {
            #expect(error.kind == .failure)
            #expect(error.recoverySuggestion.contains("--embedding-size"))
            return error.problem
        }
    }

    @Test func `what the ranks of a node need together is compared with the memory of the machine`() {
        #expect(Self.problem(machine: 6_000_000_000) == nil)
        #expect(
            Self.problem(machine: 5_999_999_999) == "numbers need 6.00 GB, the memory of this machine is 6.00 GB")
    }

    @Test func `ranks share the limit of a control group that they are in, and what is used of it is gone`() {
        #expect(Self.problem(groups: [Self.group(7, limit: 8_000_000_000, used: 2_000_000_000)]) == nil)
        #expect(
            Self.problem(localRank: 1, groups: [Self.group(7, limit: 8_000_000_000, used: 2_100_000_000)])
                == "numbers need 6.00 GB, the control group /groups/7 has left 5.90 GB of 8.00 GB")
    }

    @Test func `a control group of one rank has to hold what that rank needs`() {
        #expect(Self.problem(groups: [Self.group(8, limit: 4_000_000_000)]) == nil)
        #expect(
            Self.problem(groups: [Self.group(8, limit: 3_900_000_000)])
                == "numbers need 4.00 GB, the control group /groups/8 has left 3.90 GB")
        #expect(
            Self.problem(groups: [Self.group(8, limit: 1_000, used: 2_000), Self.group(7, limit: .max)])?
                .contains("has left 0.00 GB") == true)
    }

    @Test func `a process sees what its node shares, and its addresses so far count`() {
        func addresses(_ bytes: Int, used: Int) -> ProcessLimits {
            ProcessLimits(addresses: ProcessLimits.Limit(bytes: bytes, used: used))
        }
        // Beside what it needs, 64 MB and at most 256 MB to work in.
        #expect(Self.problem(process: addresses(4_820_000_000, used: 500_000_000)) == nil)
        #expect(
            Self.problem(process: addresses(4_820_000_000, used: 510_000_000))
                == "numbers need 4.00 GB and 0.32 GB to work in, a process has left (ulimit -v) 4.31 GB of 4.82 GB")
        #expect(Self.problem(localRank: 1, process: addresses(5_320_000_000, used: 0)) == nil)
        #expect(Self.problem(localRank: 1, process: addresses(5_310_000_000, used: 0)) != nil)
    }

    @Test func `the limit of data counts what a process shares with nobody`() {
        func data(_ bytes: Int) -> ProcessLimits {
            ProcessLimits(data: ProcessLimits.Limit(bytes: bytes, used: 100_000_000))
        }
        #expect(Self.problem(process: data(1_414_000_000)) == nil)
        #expect(
            Self.problem(process: data(1_404_000_000))
                == "numbers need 1.00 GB and 0.31 GB to work in, a process has left (ulimit -d) 1.30 GB of 1.40 GB")
    }

    @Test func `where everything is counted nothing more has to stay free`() {
        let limits = ProcessLimits(addresses: ProcessLimits.Limit(bytes: 4_000_000_001, used: 1))
        func problem(leavesRoom: Bool) -> String? {
            do {
                try Self.node().check(
                    of: "numbers", machine: nil, groups: [], process: limits, leavesRoom: leavesRoom)
                return nil
            } catch {
                return error.problem
            }
        }
        #expect(problem(leavesRoom: false) == nil && problem(leavesRoom: true) != nil)
    }

    @Test func `memory that runs short is told with what was asked for and what to lower`() {
        func text(_ bytes: Int, _ inUse: Int) -> String {
            TrainingError(MemoryShortage(byteCount: bytes, bytesInUse: inUse)).description
        }
        #expect(text(2_500_000, 1_200_000_000).hasPrefix("2.5 MB of memory cannot be had, beside 1.20 GB for the same"))
        #expect(text(160_000_000, 0).hasPrefix("0.16 GB of memory cannot be had\n"))
        for option in ["--batch-size", "--embedding-size", "--history-max", "ulimit"] {
            #expect(text(1, 0).contains(option))
        }
    }

    @Test func `a machine without limits takes everything, and this one has memory`() throws {
        func check(_ bytes: Int, machine: Int?) throws {
            let node = NodeNeed(ranks: [(MemoryNeed(own: bytes, shared: bytes), [])], localRank: 0)
            try node.check(of: "numbers", machine: machine, groups: [], process: ProcessLimits())
        }
        try check(.max / 2, machine: nil)
        try check(1_000_000, machine: MemoryNeed.machineBytes)
        #expect(throws: TrainingError.self) { try check(.max / 4, machine: MemoryNeed.machineBytes) }
    }
}
