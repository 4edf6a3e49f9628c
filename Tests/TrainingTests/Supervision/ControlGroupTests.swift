import Foundation
import Testing
import Training

/// The limits of nested control groups, in folders that look like those of the kernel.
@Suite struct ControlGroupTests {
    /// A folder that stands for `/`, gone with this object.
    private final class Tree {
        let root = NSTemporaryDirectory() + "groups-" + UUID().uuidString

        deinit { try? FileManager.default.removeItem(atPath: root) }

        func write(_ path: String, _ text: String) throws {
            let file = URL(filePath: root + path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: file, atomically: false, encoding: .utf8)
        }

        func unified(_ path: String, limit: String, usage: Int, file: Int = 0) throws {
            try write(path + "/memory.max", limit + "\n")
            try write(path + "/memory.current", "\(usage)\n")
            try write(path + "/memory.stat", "anon 5\nfile 9\ninactive_file \(file)\nactive_file 1\nslab 7\n")
        }

        func first(_ path: String, limit: Int, usage: Int, file: Int = 0, isHierarchy: Bool = true) throws {
            try write(path + "/memory.limit_in_bytes", "\(limit)\n")
            try write(path + "/memory.usage_in_bytes", "\(usage)\n")
            try write(path + "/memory.use_hierarchy", isHierarchy ? "1\n" : "0\n")
            try write(path + "/memory.stat", "inactive_file 77\ntotal_inactive_file \(file)\ntotal_active_file 1\n")
        }

        var groups: [ControlGroup] { ControlGroup.ofThisProcess(root: root) }

        /// Path, limit and use of each group.
        var found: [String] { groups.map { "\($0.path) \($0.limit) \($0.used)" } }
    }

    private static let unifiedMount = "31 24 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"

    @Test func `the limits of all groups above the own one hold, as Slurm nests them`() throws {
        let tree = Tree()
        try tree.write("/proc/self/cgroup", "0::/system.slice/job_7/step_0/task_0\n")
        try tree.write(
            "/proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n" + Self.unifiedMount)
        let base = "/sys/fs/cgroup"
        try tree.unified(base + "/system.slice", limit: "max", usage: 900)
        try tree.unified(base + "/system.slice/job_7", limit: "1000", usage: 400, file: 99)
        try tree.unified(base + "/system.slice/job_7/step_0", limit: "2000", usage: 400)
        try tree.unified(base + "/system.slice/job_7/step_0/task_0", limit: "max", usage: 200)
        #expect(
            tree.found == [
                base + "/system.slice/job_7/step_0 2000 399", base + "/system.slice/job_7 1000 300",
            ])
        #expect(Set(tree.groups.map(\.identifier)).count == 2)
    }

    @Test func `the first version has a hierarchy for memory, and pages of files are not counted`() throws {
        let tree = Tree()
        try tree.write(
            "/proc/self/cgroup", "9:name=systemd:/\n4:memory,hugetlb:/slurm/job_1/task\n1:cpu:/elsewhere\n0::/\n")
        try tree.write(
            "/proc/self/mountinfo",
            "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,hugetlb,memory\n"
                + "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n")
        let base = "/sys/fs/cgroup/memory"
        try tree.first(base, limit: 9_223_372_036_854_771_712, usage: 1)
        try tree.first(base + "/slurm", limit: 9_223_372_036_854_771_712, usage: 1)
        try tree.first(base + "/slurm/job_1", limit: 5000, usage: 800, file: 299)
        try tree.first(base + "/slurm/job_1/task", limit: 6000, usage: 700)
        #expect(tree.found == [base + "/slurm/job_1/task 6000 699", base + "/slurm/job_1 5000 500"])
    }

    @Test func `a group of the first version that leaves those below it alone ends the way up`() throws {
        let tree = Tree()
        try tree.write("/proc/self/cgroup", "4:memory:/a/b\n")
        try tree.write("/proc/self/mountinfo", "35 31 0:32 / /groups rw - cgroup cgroup rw,memory\n")
        try tree.first("/groups/a", limit: 10, usage: 1, isHierarchy: false)
        try tree.first("/groups/a/b", limit: 20, usage: 2, isHierarchy: false)
        #expect(tree.found == ["/groups/a/b 20 1"])
    }

    @Test(arguments: [
        // A container that sees itself as the top.
        (path: "/", mount: "/"),
        // One that sees the names of its host, with its own group mounted.
        (path: "/docker/abc", mount: "/docker/abc"),
        // One whose group lies beside what it sees.
        (path: "/../other", mount: "/"),
        (path: "/kubepods/pod1", mount: "/kubepods/pod2"),
    ]) func `in a container the mounted group is its own`(path: String, mount: String) throws {
        let tree = Tree()
        try tree.write("/proc/self/cgroup", "0::\(path)\n")
        try tree.write("/proc/self/mountinfo", "35 31 0:32 \(mount) /sys/fs/cgroup ro - cgroup2 cgroup rw\n")
        try tree.unified("/sys/fs/cgroup", limit: "1000", usage: 401)
        #expect(tree.found == ["/sys/fs/cgroup 1000 400"])
    }

    @Test func `a group below what is mounted is found, and spaces in names are understood`() throws {
        let tree = Tree()
        try tree.write("/proc/self/cgroup", "0::/outer/in ner\n")
        try tree.write("/proc/self/mountinfo", "35 31 0:32 /outer /my\\040groups rw - cgroup2 none rw\n")
        try tree.unified("/my groups/in ner", limit: "1000", usage: 401)
        #expect(tree.found == ["/my groups/in ner 1000 400"])
    }

    @Test func `without control groups, or with files that nobody understands, there is no limit`() throws {
        let tree = Tree()
        #expect(tree.groups == [])
        try tree.write("/proc/self/cgroup", "nonsense\n0::\n:::\n0:memory\n")
        try tree.write("/proc/self/mountinfo", "nonsense - - -\n" + Self.unifiedMount)
        #expect(tree.groups == [])
        try tree.unified("/sys/fs/cgroup", limit: "many", usage: 1)
        #expect(tree.groups == [])
        // Those of this machine can be read, whatever they are.
        #expect(ControlGroup.ofThisProcess().allSatisfy { $0.limit > 0 && $0.path.hasPrefix("/") })
    }
}
