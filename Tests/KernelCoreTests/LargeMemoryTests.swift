import Glibc
import KernelCore
import Testing

@Suite struct LargeMemoryTests {
    @Test func `a block begins at a multiple of its alignment and has what was asked for`() {
        for (bytes, alignment) in [(0, 64), (1, 64), (1_000_001, 64), (70_000, 4096)] {
            let memory = LargeMemory.allocate(byteCount: bytes, alignment: alignment)
            #expect(memory.count == bytes && UInt(bitPattern: memory.baseAddress) % UInt(alignment) == 0)
            memory.initializeMemory(as: UInt8.self, repeating: 7)
            LargeMemory.deallocate(memory)
        }
        let none = LargeMemory.allocateIfPossible(byteCount: 1 << 60)
        #expect(none == nil)
    }

    @Test func `a block that cannot be had ends the process as the program has said`() async {
        await #expect(processExitsWith: .exitCode(70)) {
            LargeMemory.onShortage { shortage in
                exit(shortage == MemoryShortage(byteCount: 1 << 60, bytesInUse: 4096) ? 70 : 1)
            }
            _ = Arena(capacity: 4096).allocate(UInt8.self, count: 1 << 60)
        }
        await #expect(processExitsWith: .failure) { _ = LargeMemory.allocate(byteCount: 1 << 60) }
    }

    @Test func `an arena takes smaller blocks where twice the last one is too much`() async {
        await #expect(processExitsWith: .success) {
            let arena = Arena(capacity: 1 << 26)
            let first = arena.allocate(UInt8.self, count: 1 << 26)
            // 96 MB more: not enough for twice 64 MB, but for 64 MB.
            var status = [Int](repeating: 0, count: 1)
            status[0] = pages()
            var limit = rlimit(rlim_cur: rlim_t(status[0] + 96 << 20), rlim_max: rlim_t.max)
            guard setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0 else { exit(2) }
            let second = arena.allocate(UInt8.self, count: 1 << 26)
            guard arena.blockCount == 2, first != second else { exit(3) }
            (first[5], second[5]) = (1, 2)
            // There is no room for both in one piece before they are given back, and then there is.
            arena.reset()
            guard arena.blockCount == 1 else { exit(4) }
            exit(0)
        }
    }
}

/// Bytes of addresses that this process has.
private func pages() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 64)
    guard fgets(&line, 64, file) != nil else { return 0 }
    let count = line.prefix { $0 != 32 }.reduce(0) { $0 * 10 + Int($1) - 48 }
    return count * sysconf(Int32(_SC_PAGESIZE))
}
