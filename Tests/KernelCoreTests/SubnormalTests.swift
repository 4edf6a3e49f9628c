import KernelCore
import Testing

@Suite struct SubnormalTests {
    /// What 6,000 steps without a gradient leave of a row.
    private func regularized(l2: Double) -> (p: [Float], m: [Float], v: [Float]) {
        var p: [Float] = [0.01, -0.01, 3, 1e-3]
        var m: [Float] = [1e-3, -1e-3, 1, 1e-30]
        var v: [Float] = [1e-9, 1e-37, 1, 1e-37]
        for step in 1...6000 {
            let constants = AdamStep(step: step, learningRate: 1e-3, l2: l2)
            Kernel.adam(constants, gradient: nil, scale: 1, parameters: &p, first: &m, second: &v, count: 4)
        }
        return (p, m, v)
    }

    @Test func `moments that no gradient feeds become zero`() {
        let row = Kernel.flushingSubnormals { regularized(l2: 0) }
        #expect(row.m == [0, 0, 0, 0])
        #expect(row.v[1] == 0 && row.v[3] == 0 && row.v[0] > 0 && row.v[2] > 0)
        // Where nothing is flushed they stay for ever.
        #expect(regularized(l2: 0).m.contains { $0.isSubnormal })
    }

    @Test func `the parameters are those without flushing, to the bit`() {
        #expect(bits(Kernel.flushingSubnormals { regularized(l2: 0) }.p) == bits(regularized(l2: 0).p))
    }

    @Test func `nothing of a row that isRegularized is subnormal`() {
        let row = Kernel.flushingSubnormals { regularized(l2: 1e-6) }
        #expect((row.p + row.m + row.v).allSatisfy { !$0.isSubnormal })
    }

    @Test func `the thread calculates as before afterwards, also after an error`() {
        struct Stop: Error {}
        var smallest = Float.leastNormalMagnitude
        Kernel.flushingSubnormals { #expect(half(&smallest) == 0) }
        #expect(half(&smallest).isSubnormal)
        #expect(throws: Stop.self) { try Kernel.flushingSubnormals { throw Stop() } }
        #expect(half(&smallest).isSubnormal)
    }

    /// Half of a number, computed where it is called.
    @inline(never)
    private func half(_ x: inout Float) -> Float { x * 0.5 }
}
