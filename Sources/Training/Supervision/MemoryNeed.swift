import Foundation
import KernelCore
import MPI
import Reporting

/// What a rank will take from memory, looked at before: an allocation that fails ends a program without a word.
package struct MemoryNeed: Equatable, Sendable {
    /// Bytes that are this rank's alone.
    let own: Int
    /// Bytes that it shares with the other ranks of its node.
    let shared: Int

    /// - Parameters:
    ///   - own: bytes that are this rank's alone.
    ///   - shared: bytes that it shares with the other ranks of its node.
    package init(own: Int, shared: Int = 0) {
        self.own = own
        self.shared = shared
    }

    /// Bytes that it takes from the memory of its node.
    var total: Int { own + shared }

    /// Throws on all ranks where a node, a job or a process cannot have so much. Collective.
    ///
    /// - Parameters:
    ///   - what: takes the memory.
    ///   - reserved: what was found to be there before, and is not used yet: machine and control groups must have both. It
    ///     counts among the addresses of the process already.
    package static func check(
        _ need: MemoryNeed, of what: String, beside reserved: MemoryNeed? = nil, world: Communicator
    ) throws {
        let node = try world.splitBySharedMemory()
        let groups = ControlGroup.ofThisProcess()
        let memberships = try node.allGather(groups.map(\.identifier)).map(Array.init)
        func onNode(_ need: MemoryNeed) throws -> NodeNeed {
            let own = try node.allGather(need.own)
            let shared = try node.allGather(need.shared)
            let needs = zip(own, shared).map { MemoryNeed(own: $0, shared: $1) }
            return NodeNeed(ranks: zip(needs, memberships).map { (need: $0, groups: $1) }, localRank: node.rank)
        }
        let ranks = try onNode(need)
        let all = try reserved.map { try onNode(need.adding($0)) }
        try world.collectively {
            guard let all else {
                return try ranks.check(of: what, machine: machineBytes, groups: groups, process: .ofThisProcess)
            }
            try all.check(
                of: "parameters, gradients and \(what)", machine: machineBytes, groups: groups,
                process: ProcessLimits())
            try ranks.check(
                of: what, machine: nil, groups: [], process: .ofThisProcess, leavesRoom: false)
        }
    }

    /// This and more.
    private func adding(_ other: MemoryNeed) -> MemoryNeed {
        let (sum, overflow) = own.addingReportingOverflow(other.own)
        return MemoryNeed(own: overflow ? .max : sum, shared: shared + other.shared)
    }

    /// The memory of the machine.
    package static var machineBytes: Int? {
        let bytes = Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(sysconf(Int32(_SC_PAGESIZE)))
        return bytes > 0 ? bytes : nil
    }
}

/// What the ranks of a node need, and which of them the same limits hold for.
package struct NodeNeed {
    /// What each rank needs, with the control groups that it is in.
    let ranks: [(need: MemoryNeed, groups: [Int])]
    /// The index in ``ranks`` of the rank that looks.
    let localRank: Int

    /// - Parameters:
    ///   - ranks: what each rank of the node needs, with the identifiers of the control groups that it is in.
    ///   - localRank: of the rank that looks, in `ranks`.
    package init(ranks: [(need: MemoryNeed, groups: [Int])], localRank: Int) {
        self.ranks = ranks
        self.localRank = localRank
    }

    /// Throws where the rank cannot have what it needs beside the others.
    ///
    /// - Parameters:
    ///   - machine: the memory of the machine; nil where it is not known.
    ///   - groups: those that the rank is in.
    ///   - leavesRoom: whether a process must be left with more than that, for what is not known yet.
    package func check(
        of what: String, machine: Int?, groups: [ControlGroup], process: ProcessLimits, leavesRoom: Bool = true
    ) throws(TrainingError) {
        let all = ranks.reduce(0) { Self.sum($0, $1.need.total) }
        try Self.check(of: what, all, machine, "the memory of this machine is", of: machine)
        for group in groups {
            let bytes = ranks.reduce(0) {
                Self.sum($0, $1.groups.contains(group.identifier) ? $1.need.total : 0)
            }
            try Self.check(of: what, bytes, group.free, "the control group \(group.path) has left", of: group.limit)
        }
        let own = ranks[localRank].need.own
        // A rank sees what all of them share.
        let mapped = ranks.reduce(own) { Self.sum($0, $1.need.shared) }
        for (bytes, limit, name) in [(mapped, process.addresses, "-v"), (own, process.data, "-d")] {
            guard let limit else { continue }
            try Self.check(
                of: what, bytes, room: leavesRoom ? Self.roomToWork(bytes) : 0, limit.free,
                "a process has left (ulimit \(name))",
                of: limit.bytes)
        }
    }

    /// What stacks, activations and messages take of the limits of a process, at a guess: an allocation that fails there
    /// ends it.
    private static func roomToWork(_ bytes: Int) -> Int { 64_000_000 + min(bytes / 4, 256_000_000) }

    private static func sum(_ a: Int, _ b: Int) -> Int {
        let (value, overflow) = a.addingReportingOverflow(b)
        return overflow ? .max : value
    }

    private static func check(
        of what: String, _ needed: Int, room: Int = 0, _ free: Int?, _ availability: String, of limit: Int?
    ) throws(TrainingError) {
        guard let free, let limit, sum(needed, room) > free else { return }
        let more = room > 0 ? " and \(text(room)) to work in" : ""
        throw TrainingError(
            .failure,
            "\(what) need \(text(needed))\(more), \(availability) \(text(free))"
                + (free < limit ? " of \(text(limit))" : ""),
            recoverySuggestion: recoverySuggestion)
    }

    /// What to do where memory is short.
    fileprivate static let recoverySuggestion =
        "ask for more memory (--mem of Slurm, limits of Kubernetes, ulimit), use fewer ranks a node, or smaller "
        + "--batch-size, --embedding-size, --history-max and --negatives"

    fileprivate static func text(_ bytes: Int) -> String {
        NumberText.fixed(Double(bytes) / 1e9, decimals: bytes < 10_000_000_000 ? 2 : 0) + " GB"
    }
}

extension TrainingError {
    /// Memory ran short in the middle of the work: more was needed than could be told before.
    public init(_ shortage: MemoryShortage) {
        self.init(
            .failure,
            "\(Self.text(shortage.byteCount)) of memory cannot be had"
                + (shortage.bytesInUse > 0 ? ", beside \(Self.text(shortage.bytesInUse)) for the same purpose" : ""),
            recoverySuggestion: NodeNeed.recoverySuggestion)
    }
    private static func text(_ bytes: Int) -> String {
        bytes < 100_000_000 ? NumberText.fixed(Double(bytes) / 1e6, decimals: 1) + " MB" : NodeNeed.text(bytes)
    }
}
