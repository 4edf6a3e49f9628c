import Foundation

/// What this process may still take of what its own limits (`ulimit`) count.
package struct ProcessLimits: Equatable, Sendable {
    /// A limit, and how much of it is taken.
    package struct Limit: Equatable, Sendable {
        let bytes: Int
        let used: Int

        /// A limit of `bytes`, of which `used` are taken.
        package init(bytes: Int, used: Int) {
            self.bytes = bytes
            self.used = used
        }

        var free: Int { max(bytes - used, 0) }
    }

    /// All addresses, `ulimit -v`: what the process shares counts as much as what is its own; nil without a limit.
    let addresses: Limit?
    /// What it writes and does not share, `ulimit -d`.
    let data: Limit?

    /// Limits that are known; without arguments there are none.
    package init(addresses: Limit? = nil, data: Limit? = nil) {
        self.addresses = addresses
        self.data = data
    }

    /// The limits that hold for this process now (the soft ones), with what it has taken of them.
    package static var ofThisProcess: ProcessLimits {
        ProcessLimits(
            addresses: limit(Int(RLIMIT_AS.rawValue)).map { Limit(bytes: $0, used: ProcessMemory.addressBytes ?? 0) },
            data: limit(Int(RLIMIT_DATA.rawValue)).map { Limit(bytes: $0, used: ProcessMemory.dataBytes ?? 0) })
    }

    private static func limit(_ resource: Int) -> Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(UInt32(resource)), &limit) == 0, limit.rlim_cur < rlim_t(Int.max) else {
            return nil
        }
        return Int(limit.rlim_cur)
    }
}
