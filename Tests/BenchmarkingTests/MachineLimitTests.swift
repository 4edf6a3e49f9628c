import Benchmarking
import KernelCore
import Testing

/// What a machine is measured by.
@Suite struct MachineLimitTests {
    @Test(.enabled(if: MatrixLibrary.current != nil, "OpenBLAS is not installed"))
    func `OpenBLAS names the processor that it computes for, and multiplies`() throws {
        let library = try #require(MatrixLibrary.current)
        #expect(!library.core.isEmpty)
        let a: [Float] = [1, 2, 3, 4]
        let b: [Float] = [5, 6, 7, 8]
        var c: [Float] = [0, 0, 0, 0]
        library.multiply(a, b, into: &c, size: 2)
        #expect(c == [19, 22, 43, 50])
    }

    @Test func `a round multiplies and adds once in every lane of every chain`() {
        let chains = Kernel.operationsOfRound / 2
        #expect(chains % 8 == 0 && chains >= 96)
        // All lanes of chain i begin with i; with the factor 1 each round adds the term.
        let lanes = InstructionSet.builtFor == "AVX-512" ? 16 : 8
        let first = (0..<chains / lanes).reduce(0, +)
        for rounds in [0, 1, 7] {
            let sum = Kernel.multiplyInRegisters(rounds: rounds, factor: 1, term: 2)
            #expect(sum == Float(first + 2 * rounds * (chains / lanes)), "\(rounds)")
        }
    }
}
