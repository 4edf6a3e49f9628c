import KernelCore
import MPI
import Training

/// What the machine can do at best, measured: large matrix products and plain passes over memory, by one rank while the
/// others wait and by all ranks at the same time.
public struct MachineLimits: Sendable {
    /// A rate of one rank alone, and the sum of the rates of all ranks together.
    public struct Rate: Sendable {
        /// Of rank 0 while the others wait, a second.
        public let oneRank: Double
        /// Of all ranks at the same time, summed, a second.
        public let allRanks: Double
    }

    /// OpenBLAS' `sgemm` of two square matrices of 2,048 rows, operations a second; nil where a rank has no OpenBLAS.
    public let product: Rate?
    /// The processors whose kernels it was computed by, on all ranks (``MatrixLibrary/core``); several where the ranks
    /// have different processors.
    public let libraryCores: [String]
    /// Copying 64 MiB, bytes read and written a second.
    public let copy: Rate
    /// ``KernelCore/Kernel/triad(_:plus:times:into:count:)`` over 64 MiB each, bytes read and written a second.
    public let triad: Rate

    private static let size = 2048
    private static let streamCount = 1 << 24
    private static let repetitions = 4

    /// Measures, the fastest of four repetitions each. Takes a few seconds and about 200 MiB. Collective.
    public init(world: Communicator) throws {
        let library = MatrixLibrary.current
        let cores = try world.allGather(library?.core ?? "")
        let hasLibrary = !cores.contains("")
        libraryCores = hasLibrary ? Set(cores).sorted() : []
        let memory = Self.ones(3 * Self.streamCount)
        defer { memory.deallocate() }
        let (a, b, c) = (memory, memory + Self.streamCount, memory + 2 * Self.streamCount)
        product =
            if hasLibrary, let library {
                try Self.rate(2 * Double(Self.size) * Double(Self.size) * Double(Self.size), world) {
                    library.multiply(a, b, into: c, size: Self.size)
                }
            } else {
                nil
            }
        let bytes = Double(Self.streamCount * MemoryLayout<Float>.stride)
        copy = try Self.rate(2 * bytes, world) { a.update(from: b, count: Self.streamCount) }
        triad = try Self.rate(3 * bytes, world) {
            Kernel.triad(b, plus: c, times: 0.5, into: a, count: Self.streamCount)
        }
    }

    /// The processor of kernels that are no measure of the machine, if there are some.
    public var genericCore: String? { libraryCores.first { MatrixLibrary.isGeneric(core: $0) } }

    private static func ones(_ count: Int) -> UnsafeMutablePointer<Float> {
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: count * MemoryLayout<Float>.stride, alignment: 64
        ).bindMemory(to: Float.self, capacity: count)
        memory.initialize(repeating: 1, count: count)
        return memory
    }

    /// The rate at which `body` gets `work` done.
    private static func rate(_ work: Double, _ world: Communicator, _ body: () -> Void) throws(MPIError) -> Rate {
        func fastest() -> Double {
            (0..<repetitions).map { _ in ContinuousClock().measure(body).inSeconds }.min() ?? .infinity
        }
        try world.barrier()
        let own = world.rank == 0 ? work / fastest() : 0
        let oneRank = try world.broadcast(own, from: 0)
        guard world.size > 1 else { return Rate(oneRank: oneRank, allRanks: oneRank) }
        try world.barrier()
        return Rate(oneRank: oneRank, allRanks: try world.allReduce(work / fastest(), .sum))
    }
}
