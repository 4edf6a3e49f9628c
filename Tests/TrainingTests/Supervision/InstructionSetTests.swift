import KernelCore
import Testing
import Training

@Suite struct InstructionSetTests {
    @Test func `builds for AVX-512 and for AVX2 with FMA agree, others with themselves only`() {
        let names = ["AVX-512", "AVX2", "AVX2 without FMA", "SSE2", "the base instruction set", ""]
        for one in names {
            for other in names {
                let isAlike = one == other || Set([one, other]) == ["AVX-512", "AVX2"]
                #expect(InstructionSet.agree(one, other) == isAlike, "\(one), \(other)")
            }
        }
    }

    @Test func `the processor that runs this has what the kernels need`() {
        #expect(InstructionSet.isAvailable)
        #expect(!InstructionSet.builtFor.isEmpty)
    }
}
