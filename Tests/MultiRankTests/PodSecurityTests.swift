import Foundation
import ProcessSupport
import Testing
import Yams

/// The pods of `cluster/kubernetes` may run in a namespace whose pod security level is `restricted`
/// (https://kubernetes.io/docs/concepts/security/pod-security-standards), and their ssh trusts nobody else.
@Suite struct PodSecurityTests {
    private typealias Object = [String: Any]

    /// What the level `restricted` refuses in a pod.
    private static func violations(of pod: Object) -> [String] {
        var found: [String] = []
        for name in ["hostNetwork", "hostPID", "hostIPC"] where pod[name] as? Bool == true { found.append(name) }
        let allowed: Set = [
            "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret",
        ]
        for volume in pod["volumes"] as? [Object] ?? [] {
            found += volume.keys.filter { $0 != "name" && !allowed.contains($0) }.map { "volume \($0)" }
        }
        let own = pod["securityContext"] as? Object ?? [:]
        let containers = ["containers", "initContainers"].flatMap { pod[$0] as? [Object] ?? [] }
        if containers.isEmpty { found.append("no containers") }
        for container in containers {
            let context = container["securityContext"] as? Object ?? [:]
            // What a container says goes before what its pod says.
            let both = own.merging(context) { $1 }
            let capabilities = context["capabilities"] as? [String: [String]] ?? [:]
            if context["privileged"] as? Bool == true { found.append("privileged") }
            if context["allowPrivilegeEscalation"] as? Bool != false { found.append("allowPrivilegeEscalation") }
            if capabilities["drop"]?.contains("ALL") != true { found.append("capabilities.drop") }
            if !Set(capabilities["add"] ?? []).isSubset(of: ["NET_BIND_SERVICE"]) { found.append("capabilities.add") }
            if both["runAsNonRoot"] as? Bool != true { found.append("runAsNonRoot") }
            if both["runAsUser"] as? Int == 0 { found.append("runAsUser") }
            let profile = (both["seccompProfile"] as? Object)?["type"] as? String
            if !["RuntimeDefault", "Localhost"].contains(profile) { found.append("seccompProfile") }
            for port in container["ports"] as? [Object] ?? [] where port["hostPort"] != nil { found.append("hostPort") }
        }
        return found
    }

    private static func pods(_ text: String) throws -> [String: Object] {
        let job = try #require(try Yams.load(yaml: text) as? Object)
        let replicas = try #require((job["spec"] as? Object)?["mpiReplicaSpecs"] as? [String: Object])
        return try replicas.mapValues { try #require(($0["template"] as? Object)?["spec"] as? Object) }
    }

    private static func manifest() throws -> String {
        try String(contentsOfFile: Lab.cluster + "/kubernetes/train.yaml", encoding: .utf8)
    }

    @Test func `the pods of a training keep to the level restricted`() throws {
        let pods = try Self.pods(Self.manifest())
        #expect(Set(pods.keys) == ["Launcher", "Worker"])
        for (name, pod) in pods { #expect(Self.violations(of: pod) == [], "\(name)") }
    }

    @Test(arguments: [
        ("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true", "allowPrivilegeEscalation"),
        ("drop: [ALL]", "drop: [NET_RAW]", "capabilities.drop"),
        ("type: RuntimeDefault", "type: Unconfined", "seccompProfile"),
        ("runAsNonRoot: true", "runAsNonRoot: false", "runAsNonRoot"),
        ("runAsUser: 1000", "runAsUser: 0", "runAsUser"),
        ("persistentVolumeClaim: {", "hostPath: {", "volume hostPath"),
    ]) func `what the level refuses is found in each pod`(right: String, wrong: String, violation: String) throws {
        for (name, pod) in try Self.pods(Self.manifest().replacing(right, with: wrong)) {
            #expect(Self.violations(of: pod).contains(violation), "\(name)")
        }
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/ssh"), "there is no ssh"))
    func `ssh of a container knows the key of its job alone`() async throws {
        let result = try await run(
            product: "/usr/bin/ssh", arguments: ["-G", "-F", Lab.cluster + "/container/ssh_config", "facet-worker-0"])
        #expect(result.exitCode == 0, "\(result.standardError)")
        let settings = Set(result.standardOutput.split(separator: "\n").map(String.init))
        #expect(settings.contains("stricthostkeychecking true"))
        #expect(settings.contains("userknownhostsfile /dev/null"))
        #expect(settings.contains("globalknownhostsfile /dev/null"))
        let key = "knownhostscommand /usr/bin/sed \"s/^/* /\" /home/mpiuser/.ssh/id_rsa.pub"
        #expect(settings.contains(key), "\(result.standardOutput)")
        // The key that sshd proves to have, in the folder that the operator mounts.
        let daemon = try String(contentsOfFile: Lab.cluster + "/container/sshd_config", encoding: .utf8)
        #expect(daemon.contains("HostKey /home/mpiuser/.ssh/id_rsa\n"))
        #expect(try Self.manifest().contains("sshAuthMountPath: /home/mpiuser/.ssh\n"))
    }
}
