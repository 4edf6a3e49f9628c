import Foundation
import Glibc

/// What this process has taken from the system.
package enum ProcessMemory {
    /// The most bytes that were in memory at a time (VmHWM); nil where the system does not tell.
    package static var peakBytes: Int? { bytes("VmHWM") }

    /// The bytes of all addresses that it has (VmSize).
    static var addressBytes: Int? { bytes("VmSize") }

    /// The bytes that it may write and shares with nobody (VmData).
    static var dataBytes: Int? { bytes("VmData") }

    private static func bytes(_ name: String) -> Int? {
        guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name + ":") }),
            let kilobytes = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap({
                Int($0)
            })
        else { return nil }
        return kilobytes * 1024
    }

    /// Calls of malloc and its relatives so far; nil unless the library `AllocationCount` was loaded before all others:
    /// `LD_PRELOAD=.build/release/libAllocationCount.so`.
    package static var allocationCount: Int? {
        guard let symbol = dlsym(nil, "facet_allocation_count") else { return nil }
        return unsafeBitCast(symbol, to: (@convention(c) () -> Int).self)()
    }
}
