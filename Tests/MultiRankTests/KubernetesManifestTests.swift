import Foundation
import Testing
import Yams

/// The manifests in `cluster/kubernetes` have the fields of the published schemas, in the right places and types.
@Suite struct KubernetesManifestTests {
    /// What a schema allows: `kubeflow.org/v2beta1` MPIJob and the part of the core types that the manifests use.
    private indirect enum Schema: Sendable {
        case string, integer, boolean, quantity
        case oneOf([String])
        case list(Schema)
        case object([String: Schema], required: [String] = [])
        case map(Schema, names: [String]? = nil)
    }

    private static let resources = Schema.object([
        "requests": .map(.quantity), "limits": .map(.quantity),
    ])

    private static let container = Schema.object(
        [
            "name": .string, "image": .string, "command": .list(.string), "args": .list(.string),
            "env": .list(.object(["name": .string, "value": .string], required: ["name"])),
            "resources": resources,
            "readinessProbe": .object([
                "tcpSocket": .object(["port": .integer], required: ["port"]), "periodSeconds": .integer,
                "initialDelaySeconds": .integer, "failureThreshold": .integer,
            ]),
            "volumeMounts": .list(
                .object(
                    ["name": .string, "mountPath": .string, "readOnly": .boolean, "subPath": .string],
                    required: ["name", "mountPath"])),
            "imagePullPolicy": .oneOf(["Always", "IfNotPresent", "Never"]),
            "securityContext": .object([
                "allowPrivilegeEscalation": .boolean, "capabilities": .object(["drop": .list(.string)]),
            ]),
        ], required: ["name", "image"])

    private static let pod = Schema.object(
        [
            "containers": .list(container), "terminationGracePeriodSeconds": .integer,
            "nodeSelector": .map(.string),
            "securityContext": .object([
                "runAsNonRoot": .boolean, "runAsUser": .integer, "runAsGroup": .integer, "fsGroup": .integer,
                "seccompProfile": .object(["type": .string]),
            ]),
            "volumes": .list(
                .object(
                    [
                        "name": .string,
                        "persistentVolumeClaim": .object(
                            ["claimName": .string, "readOnly": .boolean], required: ["claimName"]),
                        "emptyDir": .object(["medium": .oneOf(["", "Memory"]), "sizeLimit": .quantity]),
                    ], required: ["name"])),
        ], required: ["containers"])

    private static let metadata = Schema.object(
        ["name": .string, "namespace": .string, "labels": .map(.string), "annotations": .map(.string)],
        required: ["name"])

    private static let job = Schema.object(
        [
            "apiVersion": .oneOf(["kubeflow.org/v2beta1"]), "kind": .oneOf(["MPIJob"]), "metadata": metadata,
            "spec": .object(
                [
                    "slotsPerWorker": .integer, "sshAuthMountPath": .string,
                    "launcherCreationPolicy": .oneOf(["AtStartup", "WaitForWorkersReady"]),
                    "mpiImplementation": .oneOf(["OpenMPI", "Intel", "MPICH"]),
                    "runPolicy": .object([
                        "cleanPodPolicy": .oneOf(["None", "Running", "All"]), "backoffLimit": .integer,
                        "ttlSecondsAfterFinished": .integer, "activeDeadlineSeconds": .integer, "suspend": .boolean,
                    ]),
                    "mpiReplicaSpecs": .map(
                        .object([
                            "replicas": .integer,
                            "restartPolicy": .oneOf(["Always", "OnFailure", "Never", "ExitCode"]),
                            "template": .object(["metadata": .map(.map(.string)), "spec": pod], required: ["spec"]),
                        ]), names: ["Launcher", "Worker"]),
                ], required: ["mpiReplicaSpecs"]),
        ], required: ["apiVersion", "kind", "metadata", "spec"])

    private static let claim = Schema.object(
        [
            "apiVersion": .oneOf(["v1"]), "kind": .oneOf(["PersistentVolumeClaim"]), "metadata": metadata,
            "spec": .object(
                [
                    "accessModes": .list(.oneOf(["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany"])),
                    "storageClassName": .string, "resources": resources,
                ], required: ["accessModes", "resources"]),
        ], required: ["apiVersion", "kind", "metadata", "spec"])

    /// What is wrong, each with its path.
    private static func problems(of value: Any, _ schema: Schema, at path: String) -> [String] {
        func wrong(_ wanted: String) -> [String] { ["\(path): \(wanted) wanted, there is \(value)"] }
        switch schema {
        case .string: return value is String ? [] : wrong("a string")
        case .integer: return value is Int ? [] : wrong("a whole number")
        case .boolean: return value is Bool ? [] : wrong("true or false")
        case .quantity:
            let text = "\(value)"
            return text.wholeMatch(of: /[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?/) != nil ? [] : wrong("a quantity")
        case .oneOf(let words): return words.contains("\(value)") ? [] : wrong("one of \(words)")
        case .list(let element):
            guard let list = value as? [Any] else { return wrong("a list") }
            return list.enumerated().flatMap { problems(of: $1, element, at: "\(path)[\($0)]") }
        case .map(let element, let names):
            guard let map = value as? [String: Any] else { return wrong("an object") }
            let strangers = names.map { names in map.keys.filter { !names.contains($0) } } ?? []
            return strangers.map { "\(path).\($0): there is no such field" }
                + map.flatMap { problems(of: $1, element, at: "\(path).\($0)") }
        case .object(let fields, let required):
            guard let map = value as? [String: Any] else { return wrong("an object") }
            return required.filter { map[$0] == nil }.map { "\(path).\($0) is missing" }
                + map.flatMap { name, value in
                    fields[name].map { problems(of: value, $0, at: "\(path).\(name)") }
                        ?? ["\(path).\(name): there is no such field"]
                }
        }
    }

    private static func documents(_ name: String) throws -> [Any] {
        let text = try String(contentsOfFile: Lab.cluster + "/kubernetes/" + name, encoding: .utf8)
        return try Array(Yams.load_all(yaml: text))
    }

    @Test func `the MPIJob has the fields of the schema`() throws {
        let documents = try Self.documents("train.yaml")
        #expect(documents.count == 1)
        for document in documents { #expect(Self.problems(of: document, Self.job, at: "MPIJob") == []) }
    }

    @Test func `the volumes have the fields of the schema`() throws {
        let documents = try Self.documents("volumes.yaml")
        #expect(documents.count == 2)
        for document in documents { #expect(Self.problems(of: document, Self.claim, at: "claim") == []) }
    }

    @Test func `fields in the wrong place and of the wrong type are found`() throws {
        let text = try String(contentsOfFile: Lab.cluster + "/kubernetes/train.yaml", encoding: .utf8)
        let broken = [
            ("slotsPerWorker: 4", "slotPerWorker: 4"), ("backoffLimit: 10", "backoffLimit: ten"),
            ("Launcher:", "Starter:"), ("claimName", "claim"), ("v2beta1", "v1"),
        ]
        for (right, wrong) in broken {
            let document = try #require(try Yams.load(yaml: text.replacing(right, with: wrong)))
            #expect(Self.problems(of: document, Self.job, at: "MPIJob") != [], "\(wrong)")
        }
    }

    @Test func `there is a slot for every rank, and each volume that is mounted is there`() throws {
        let job = try #require(try Self.documents("train.yaml").first as? [String: Any])
        let spec = try #require(job["spec"] as? [String: Any])
        let replicas = try #require(spec["mpiReplicaSpecs"] as? [String: [String: Any]])
        let slots = try #require(spec["slotsPerWorker"] as? Int) * #require(replicas["Worker"]?["replicas"] as? Int)
        for (name, replica) in replicas {
            let pod = try #require((replica["template"] as? [String: Any])?["spec"] as? [String: Any])
            let volumes = (pod["volumes"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
            for container in try #require(pod["containers"] as? [[String: Any]]) {
                let mounts = container["volumeMounts"] as? [[String: Any]] ?? []
                #expect(mounts.allSatisfy { volumes.contains($0["name"] as? String ?? "") }, "\(name)")
                guard name == "Launcher" else { continue }
                let arguments = try #require(container["args"] as? [String])
                let flag = try #require(arguments.firstIndex(of: "-n"))
                #expect(Int(arguments[flag + 1]) == slots)
            }
        }
    }
}
