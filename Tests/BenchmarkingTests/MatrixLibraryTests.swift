import Benchmarking
import KernelCore
import Testing

/// What is said of the kernels of OpenBLAS.
@Suite struct MatrixLibraryTests {
    @Test func `kernels without the vectors of this build are generic, those with them are not`() {
        let hasVectors = InstructionSet.builtFor.hasPrefix("AVX")
        for core in ["Prescott", "Nehalem", "Core2", "Sandybridge", "Unknown"] {
            #expect(MatrixLibrary.isGeneric(core: core) == hasVectors, "\(core)")
        }
        for core in ["Haswell", "Zen", "SkylakeX", "Cooperlake", "SapphireRapids"] {
            #expect(!MatrixLibrary.isGeneric(core: core), "\(core)")
        }
    }

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
}
