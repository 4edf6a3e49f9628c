import Differentiation
import DistributedOptimizer
import KernelCore
import MPI
import Training

/// Measures passes of Adam, the addition of gradients into messages, and barriers, by all ranks at the same time.
struct MemoryMeasurement {
    private let world: Communicator

    /// Values that a rank moves: from what the first caches hold to what none does.
    private static let adamSizes = [1 << 14, 1 << 16, 1 << 18, 1 << 20, 1 << 22, 1 << 24]
    private static let repetitions = 5
    /// So many values are moved at least between two looks at the clock.
    private static let leastValues = 1 << 20

    init(world: Communicator) { self.world = world }

    /// Passes of Adam without gradient, as over the rows that nobody has touched. Collective.
    func adamPasses() throws -> [Calibration.AdamPass] {
        let most = Self.adamSizes.last ?? 1
        let memory = LargeMemory.allocate(Float.self, count: 3 * most)
        defer { LargeMemory.deallocate(memory) }
        memory.initialize(repeating: 0.01, count: most)
        (memory + most).initialize(repeating: 1e-4, count: most)
        (memory + 2 * most).initialize(repeating: 1e-6, count: most)
        let step = AdamStep(step: 1000, learningRate: 1e-3, l2: 1e-6)
        return try Self.adamSizes.map { count in
            let passes = max(Self.leastValues / count, 1)
            let seconds = try meanOfRanks {
                for _ in 0..<passes {
                    Kernel.adam(
                        step, gradient: nil, scale: 1, parameters: memory, first: memory + most,
                        second: memory + 2 * most, count: count)
                }
            }
            return Calibration.AdamPass(values: count, seconds: seconds / Double(passes))
        }
    }

    /// Bytes of gradients a second that a rank adds up into a message, two gradients at a time. Collective.
    ///
    /// - Parameter columns: of the table whose rows are added.
    func additionRate(columns: Int) throws -> Double {
        let (tableRows, touched) = (1 << 16, 1 << 12)
        let layout = ParameterLayout()
        _ = layout.root.table("rows", rows: tableRows, columns: columns, .normal(deviation: 0.01))
        let gradients = GradientLayout(layout, rowCapacity: touched)
        let memory = (0..<2).map { _ in LargeMemory.allocate(byteCount: gradients.byteCount) }
        defer { memory.forEach(LargeMemory.deallocate) }
        let slice = ParameterSlice(0, of: 1, layout)
        let sum = SliceSum(TreeSum(inputs: [TreeSum.Subtree(0, 1), TreeSum.Subtree(1, 2)]), layout)
        for (input, bytes) in memory.enumerated() {
            guard let base = bytes.baseAddress else { return .infinity }
            let gradient = GradientView(gradients, at: base)
            gradient.sampleCount = 1
            gradient.loss = 1
            gradient.setRowCount(0, touched)
            // Every other row is touched by both; slots lie in an order that no processor foresees.
            for index in 0..<touched {
                let row = 8 * index + (index % 2 == 0 ? 0 : 1 + input)
                let slot = index * 2_477 % touched
                gradient.entries(0)[index] = RowEntry(row: Int32(row), slot: Int32(slot))
                gradient.row(0, slot: Int32(slot)).initialize(repeating: 0.5, count: columns)
            }
            sum.views[input].read(gradient, slice: slice)
        }
        let capacity = SliceMessage.capacity(slice, layout, rowCapacity: 2 * touched, .touched)
        let message = LargeMemory.allocate(Float.self, count: capacity)
        defer { LargeMemory.deallocate(message) }
        let passes = 10
        let seconds = try meanOfRanks {
            for _ in 0..<passes {
                _ = SliceMessage.write(sum, slice: slice, layout, .touched, flag: false, to: message)
            }
        }
        return Double(passes * 2 * touched * columns * MemoryLayout<Float>.stride) / seconds
    }

    /// Seconds of a barrier of the ranks of this node; nil where one rank is alone. Collective over the world.
    func barrier() throws -> Double? {
        let node = try world.splitBySharedMemory(key: world.rank)
        let most = try world.allReduce(node.size, .maximum)
        guard most > 1 else { return nil }
        let count = 200
        var seconds: [Double] = []
        for _ in 0..<Self.repetitions {
            try world.barrier()
            let start = ContinuousClock.now
            for _ in 0..<count { try node.barrier() }
            seconds.append((ContinuousClock.now - start).inSeconds / Double(count))
        }
        return try world.allReduce(seconds.median, .maximum)
    }

    /// Seconds of `body`, the median of some repetitions, the mean over the ranks.
    private func meanOfRanks(_ body: () -> Void) throws(MPIError) -> Double {
        body()
        var seconds: [Double] = []
        for _ in 0..<Self.repetitions {
            try world.barrier()
            seconds.append(ContinuousClock().measure(body).inSeconds)
        }
        return try world.allReduce(seconds.median, .sum) / Double(world.size)
    }
}
