import FileIO
import Foundation
import Testing
import TrainerSupport
import Yams

/// The manifests in `cluster/kubernetes` have the fields of the published schemas, in the right places and types.
///
/// `MPIJob.schema.json` says which those are: the names, types and limits of `kubeflow.org/v2beta1` MPIJob as the MPI
/// operator publishes them, the pods in it included. What the API server checks beyond them is in ``conditions``.
@Suite struct KubernetesManifestTests {
    private static let schema: Result<JSONValue, any Error> = Result {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "MPIJob.schema.json")
        return try JSONValue(parsing: try String(contentsOf: file, encoding: .utf8))
    }

    /// The schema of a volume claim, which is published as a part of the pod's.
    private static func claimSchema() throws -> JSONValue {
        var schema: JSONValue? = try Self.schema.get()
        for name in ["spec", "mpiReplicaSpecs"] { schema = schema?["properties"]?[name] }
        schema = schema?["additionalProperties"]
        for name in ["template", "spec", "volumes"] { schema = schema?["properties"]?[name] }
        schema = schema?["items"]
        for name in ["ephemeral", "volumeClaimTemplate", "spec"] { schema = schema?["properties"]?[name] }
        return [
            "type": "object", "required": ["apiVersion", "kind", "metadata", "spec"],
            "properties": [
                "apiVersion": ["type": "string"], "kind": ["type": "string"], "metadata": ["type": "object"],
                "spec": try #require(schema),
            ],
        ]
    }

    /// Words that the operator and the API server accept where the schema says no more than `string`.
    private static let conditions: [String: [String]] = [
        "apiVersion": ["kubeflow.org/v2beta1", "v1"], "kind": ["MPIJob", "PersistentVolumeClaim"],
        "launcherCreationPolicy": ["AtStartup", "WaitForWorkersReady"], "cleanPodPolicy": ["None", "Running", "All"],
        "restartPolicy": ["Always", "OnFailure", "Never", "ExitCode"],
        "imagePullPolicy": ["Always", "IfNotPresent", "Never"], "medium": ["", "Memory"],
    ]

    /// What is wrong, each with its path.
    private static func problems(of value: Any, _ schema: JSONValue, at path: String) -> [String] {
        func wrong(_ wanted: String) -> [String] { ["\(path): \(wanted) wanted, there is \(value)"] }
        let name = path.split(separator: ".").last.map(String.init) ?? ""
        if case .array(let words)? = schema["enum"], !words.contains(.string("\(value)")) {
            return wrong("one of \(words)")
        }
        if let words = conditions[name], !words.contains("\(value)") { return wrong("one of \(words)") }
        if schema["x-kubernetes-int-or-string"] == true {
            guard let pattern = schema["pattern"]?.string else {
                return value is Int || value is String ? [] : wrong("a whole number or a string")
            }
            guard let expression = try? Regex(pattern) else { return wrong("a schema with a pattern") }
            return "\(value)".wholeMatch(of: expression) != nil ? [] : wrong("a quantity")
        }
        switch schema["type"]?.string {
        case "string": return value is String ? [] : wrong("a string")
        case "integer": return value is Int ? [] : wrong("a whole number")
        case "boolean": return value is Bool ? [] : wrong("true or false")
        case "array":
            guard let list = value as? [Any], let element = schema["items"] else { return wrong("a list") }
            return list.enumerated().flatMap { problems(of: $1, element, at: "\(path)[\($0)]") }
        case "object":
            guard let map = value as? [String: Any] else { return wrong("an object") }
            var required: [String] = []
            if case .array(let names)? = schema["required"] { required = names.compactMap(\.string) }
            let missing = required.filter { map[$0] == nil }.map { "\(path).\($0) is missing" }
            guard schema["properties"] != nil || schema["additionalProperties"] != nil else { return missing }
            return missing
                + map.flatMap { name, value in
                    (schema["properties"]?[name] ?? schema["additionalProperties"]).map {
                        problems(of: value, $0, at: "\(path).\(name)")
                    } ?? ["\(path).\(name): there is no such field"]
                }
        default: return wrong("a schema with a type")
        }
    }

    /// What is wrong with an MPIJob.
    private static func problems(ofJob document: Any) throws -> [String] {
        let schema = try schema.get()
        let replicas = ((document as? [String: Any])?["spec"] as? [String: Any])?["mpiReplicaSpecs"] as? [String: Any]
        let strangers = replicas.map { Set($0.keys).symmetricDifference(["Launcher", "Worker"]) } ?? []
        return problems(of: document, schema, at: "MPIJob")
            + ["apiVersion", "kind", "metadata", "spec"].filter { (document as? [String: Any])?[$0] == nil }
            + strangers.map { "MPIJob.spec.mpiReplicaSpecs.\($0): Launcher and Worker are wanted" }
    }

    private static func documents(_ name: String) throws -> [Any] {
        let text = try String(contentsOfFile: Lab.cluster + "/kubernetes/" + name, encoding: .utf8)
        return try Array(Yams.load_all(yaml: text))
    }

    @Test func `the MPIJob has the fields of the schema`() throws {
        let documents = try Self.documents("train.yaml")
        #expect(documents.count == 1)
        for document in documents { #expect(try Self.problems(ofJob: document) == []) }
    }

    @Test func `the volumes have the fields of the schema`() throws {
        let documents = try Self.documents("volumes.yaml")
        #expect(documents.count == 2)
        let schema = try Self.claimSchema()
        for document in documents { #expect(Self.problems(of: document, schema, at: "claim") == []) }
    }

    @Test func `fields in the wrong place and of the wrong type are found`() throws {
        let text = try String(contentsOfFile: Lab.cluster + "/kubernetes/train.yaml", encoding: .utf8)
        let broken = [
            ("slotsPerWorker: 4", "slotPerWorker: 4"), ("backoffLimit: 10", "backoffLimit: ten"),
            ("Launcher:", "Starter:"), ("claimName", "claim"), ("v2beta1", "v1"), ("memory: 4Gi", "memory: 4 Gi"),
            ("restartPolicy: Always", "restartPolicy: always"), ("readinessProbe", "readyProbe"),
            ("tcpSocket: { port: 2222 }", "tcpSocket: {}"),
        ]
        for (right, wrong) in broken {
            let document = try #require(try Yams.load(yaml: text.replacing(right, with: wrong)))
            #expect(try Self.problems(ofJob: document) != [], "\(wrong)")
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
