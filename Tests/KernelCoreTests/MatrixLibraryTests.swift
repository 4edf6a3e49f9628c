import KernelCore
import Testing

/// What is said of the kernels of OpenBLAS.
@Suite struct MatrixLibraryTests {
    @Test func `kernels without the vectors of this build are generic, those with them are not`() {
        let hasVectors = InstructionSet.builtFor.hasPrefix("AVX")
        for core in ["Prescott", "Nehalem", "Core2", "Sandybridge", "Unknown"] {
            #expect(MatrixLibrary(core: core).isGeneric == hasVectors, "\(core)")
        }
        for core in ["Haswell", "Zen", "SkylakeX", "Cooperlake", "SapphireRapids"] {
            #expect(!MatrixLibrary(core: core).isGeneric, "\(core)")
        }
    }

    @Test func `OpenBLAS names the processor that it computes for`() {
        #expect(!MatrixLibrary.current.core.isEmpty)
    }
}
