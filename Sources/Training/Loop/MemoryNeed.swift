import Foundation
import Reporting

/// What a training will take from memory, looked at before: an allocation that fails ends a program without a word.
package struct MemoryNeed {
    /// Bytes of all ranks of this node together.
    let bytes: Int
    /// Bytes of this rank.
    let ownBytes: Int

    package init(bytes: Int, ownBytes: Int) {
        self.bytes = bytes
        self.ownBytes = ownBytes
    }

    /// Throws where this machine cannot have so much.
    package func check(limit: Int? = Self.limit, ownLimit: Int? = Self.addressLimit) throws(TrainingError) {
        for (needed, limit, name) in [
            (bytes, limit, "memory of this machine or its container"),
            (ownBytes, ownLimit, "memory that a process may have (ulimit -v)"),
        ] {
            guard let limit, needed > limit else { continue }
            throw TrainingError(
                .failure,
                "parameters, moments and gradients need \(Self.text(needed)), the \(name) is \(Self.text(limit))",
                remedy: "use a machine with more memory, fewer ranks a node, or smaller --embedding-size, --batch-size "
                    + "and --negatives")
        }
    }

    private static func text(_ bytes: Int) -> String {
        NumberText.fixed(Double(bytes) / 1e9, decimals: bytes < 10_000_000_000 ? 2 : 0) + " GB"
    }

    /// The memory of the machine, or of the container that the program runs in.
    package static var limit: Int? {
        let physical = Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(sysconf(Int32(_SC_PAGESIZE)))
        let container = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"].compactMap {
            (try? String(contentsOfFile: $0, encoding: .utf8)).flatMap {
                Int($0.trimmingCharacters(in: .whitespacesAndNewlines))
            }
        }
        return ([physical] + container).filter { $0 > 0 }.min()
    }

    package static var addressLimit: Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0, limit.rlim_cur < rlim_t(Int.max) else {
            return nil
        }
        return Int(limit.rlim_cur)
    }
}
