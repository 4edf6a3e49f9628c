import Foundation

/// A control group of Linux that limits the memory of the processes in it, and of those in the groups below it together.
///
/// Slurm, systemd, Kubernetes and container engines limit jobs by such groups; a process that goes beyond is killed
/// without a word. A process is in one group of each hierarchy, and the limits of all groups above it hold too.
package struct ControlGroup: Equatable, Sendable {
    /// Its folder, for messages.
    package let path: String
    /// The same for all processes of a machine that are in the group.
    package let identifier: Int
    /// Bytes that its processes may have in memory.
    package let limit: Int
    /// Bytes that they have, without what the kernel gives up for others: pages of files.
    package let used: Int

    /// A group of which all is known; `limit` and `used` in bytes.
    package init(path: String, identifier: Int, limit: Int, used: Int) {
        self.path = path
        self.identifier = identifier
        self.limit = limit
        self.used = used
    }

    var free: Int { max(limit - used, 0) }
}

extension ControlGroup {
    /// The groups that this process is in and that limit its memory, from its own upwards.
    ///
    /// - Parameter root: where `/proc` and the mounted hierarchies are looked for.
    package static func ofThisProcess(root: String = "") -> [ControlGroup] {
        guard let memberships = text(root + "/proc/self/cgroup"), let mounts = text(root + "/proc/self/mountinfo")
        else {
            return []
        }
        let mounted = mounts.split(separator: "\n").compactMap(Mount.init)
        return memberships.split(separator: "\n").flatMap { line -> [ControlGroup] in
            // hierarchy:controllers:path; the unified hierarchy (version 2) has the number 0 and no controllers.
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { return [] }
            let isUnified = fields[0] == "0" && fields[1].isEmpty
            guard isUnified || fields[1].split(separator: ",").contains("memory") else { return [] }
            // What is mounted last hides what was there.
            guard let mount = mounted.last(where: { isUnified ? $0.isUnified : $0.isOfMemory }) else { return [] }
            return groups(from: mount.folders(to: String(fields[2])), isUnified: isUnified, root: root)
        }
    }

    private static func groups(from folders: [String], isUnified: Bool, root: String) -> [ControlGroup] {
        var groups: [ControlGroup] = []
        for (index, folder) in folders.enumerated() {
            // In version 1 a group may leave those below it alone.
            if !isUnified, index > 0, number(root + folder + "/memory.use_hierarchy") == 0 { break }
            let names =
                isUnified ? ("memory.max", "memory.current") : ("memory.limit_in_bytes", "memory.usage_in_bytes")
            guard let limit = number(root + folder + "/" + names.0), limit < unlimited,
                let usage = number(root + folder + "/" + names.1)
            else { continue }
            let prefix = isUnified ? "" : "total_"
            let files = statistics(
                root + folder + "/memory.stat", ["inactive_file", "active_file"].map { prefix + $0 })
            groups.append(
                ControlGroup(
                    path: folder, identifier: identifier(root + folder), limit: limit, used: max(usage - files, 0)))
        }
        return groups
    }

    /// What version 1 says where there is no limit is the largest number of whole pages.
    private static let unlimited = 1 << 60

    private static func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }

    private static func number(_ path: String) -> Int? {
        text(path).flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }

    /// The sum of some lines of a file of names and numbers.
    private static func statistics(_ path: String, _ names: [String]) -> Int {
        (text(path) ?? "").split(separator: "\n").reduce(0) { sum, line in
            let fields = line.split(separator: " ")
            guard fields.count == 2, names.contains(String(fields[0])), let value = Int(fields[1]) else { return sum }
            return sum + value
        }
    }

    /// Of a folder, by its device and its number there.
    private static func identifier(_ folder: String) -> Int {
        var status = stat()
        guard stat(folder, &status) == 0 else { return 0 }
        return Int(truncatingIfNeeded: status.st_ino) ^ Int(truncatingIfNeeded: status.st_dev) << 48
    }
}

/// A mounted hierarchy of control groups, as a line of `/proc/self/mountinfo` has it.
private struct Mount {
    /// The group that is mounted.
    let root: String
    let point: String
    let isUnified: Bool
    let isOfMemory: Bool

    init?(_ line: Substring) {
        // number parent device ROOT POINT options ... - TYPE source OPTIONS
        let fields = line.split(separator: " ")
        guard let dash = fields.firstIndex(of: "-"), dash >= 5, fields.count > dash + 3 else { return nil }
        root = Self.unescaped(fields[3])
        point = Self.unescaped(fields[4])
        isUnified = fields[dash + 1] == "cgroup2"
        isOfMemory = fields[dash + 1] == "cgroup" && fields[dash + 3].split(separator: ",").contains("memory")
        guard isUnified || isOfMemory else { return nil }
    }

    /// The folders of a group and of those above it, as far as they are mounted.
    func folders(to group: String) -> [String] {
        var parts = group.split(separator: "/").map(String.init)
        let mounted = root.split(separator: "/").map(String.init)
        // A group beyond what is mounted, as in a container that sees the names of its host: the top is its own.
        if parts.starts(with: mounted), !parts.contains("..") {
            parts.removeFirst(mounted.count)
        } else {
            parts = []
        }
        return (0...parts.count).reversed().map { count in
            ([point] + parts.prefix(count)).joined(separator: "/")
        }
    }

    /// Spaces, tabs, line ends and backslashes stand as octal numbers.
    private static func unescaped(_ field: Substring) -> String {
        [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")].reduce(String(field)) {
            $0.replacingOccurrences(of: $1.0, with: $1.1)
        }
    }
}
