import Glibc
import KernelCore
import MPI
import Training

/// What the machine can do at best, measured: arithmetic in registers, large matrix products of a library and plain passes
/// over caches and memory, by one rank while the others wait and by all ranks at the same time.
public struct MachineLimits: Sendable {
    /// A rate of one rank alone, and the sum of the rates of all ranks together.
    public struct Rate: Sendable {
        /// Of rank 0 while the others wait, a second.
        public let oneRank: Double
        /// Of all ranks at the same time, summed, a second.
        public let allRanks: Double
    }

    /// Fused multiplications and additions in registers (``KernelCore/Kernel/multiplyInRegisters(rounds:factor:term:)``),
    /// operations a second: the limit of all arithmetic with the vectors that this program was built for.
    public let arithmetic: Rate
    /// OpenBLAS' `sgemm` of two square matrices of 2,048 rows, operations a second; nil where a rank has no OpenBLAS.
    public let product: Rate?
    /// The processors whose kernels it was computed by, on all ranks (``MatrixLibrary/core``); several where the ranks
    /// have different processors.
    public let libraryCores: [String]
    /// Copying 64 MiB, bytes read and written a second.
    public let copy: Rate
    /// ``KernelCore/Kernel/triad(_:plus:times:into:count:)`` over 64 MiB each, bytes read and written a second.
    public let triad: Rate
    /// The same over what half of the second cache holds.
    public let secondCacheTriad: Rate
    /// The same over four times the second cache: what the third one holds where there is one.
    public let thirdCacheTriad: Rate

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
        func cachedTriad(bytes: Int) throws -> Rate {
            let count = min(bytes / 3 / MemoryLayout<Float>.stride, Self.streamCount)
            let passes = max(Self.streamCount / count, 1)
            return try Self.rate(Double(3 * count * MemoryLayout<Float>.stride * passes), world) {
                for _ in 0..<passes { Kernel.triad(b, plus: c, times: 0.5, into: a, count: count) }
            }
        }
        let secondCache = Self.secondCacheSize
        secondCacheTriad = try cachedTriad(bytes: secondCache / 2)
        thirdCacheTriad = try cachedTriad(bytes: 4 * secondCache)
        let rounds = 1 << 22
        arithmetic = try Self.rate(Double(rounds * Kernel.operationsOfRound), world) {
            // Written where somebody reads, so that it is computed.
            a[0] = Kernel.multiplyInRegisters(rounds: rounds, factor: b[0] / 2, term: c[0])
        }
    }

    /// Bytes of the second cache of this processor; 1 MiB where the system does not say.
    private static var secondCacheSize: Int {
        let size = sysconf(Int32(_SC_LEVEL2_CACHE_SIZE))
        return size > 0 ? size : 1 << 20
    }

    /// The share of the limit of arithmetic that the library reaches with its large products; nil without one.
    public var libraryShare: Double? { product.map { $0.oneRank / arithmetic.oneRank } }

    /// Whether the library is far below what the processor can do, so that it is no measure for anything.
    public var libraryIsSlow: Bool { (libraryShare ?? 1) < 0.6 }

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
