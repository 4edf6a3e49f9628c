import FileIO
import Foundation
import ProcessSupport
import Testing
import TrainerSupport

/// Training over several hosts, which `cluster/hosts/lab` makes on this machine: they talk by TCP, can be cut off and
/// can be lost.
@Suite(.enabled(if: Lab.refusal == nil, Lab.refusal), .serialized)
struct LabTests {
    /// The command line after `trainer`; some seconds over several hosts.
    private static func arguments(out: String, epochs: Int = 40) async throws -> [String] {
        [
            "train", "--quiet", "--model", "ComiRec", "--data-root", try await SmallData.root(), "--dataset",
            SmallData.name, "--embedding-size", "16", "--batch-size", "32", "--early-stop", "0", "--epochs",
            "\(epochs)", "--out", out,
        ]
    }

    /// The training in one process, made once.
    private static let reference = Task { try await trainedAlone(epochs: 40) }

    /// Epochs of a training that something happens to, so many that it is not over when it does on a busy machine.
    private static let longEpochs = 120
    private static let longReference = Task { try await trainedAlone(epochs: longEpochs) }

    private static func trainedAlone(epochs: Int) async throws -> FinishedRun {
        let workspace = try Workspace.untilExit()
        try await Launch.alone.successfulTrainer(try await arguments(out: workspace("alone"), epochs: epochs))
        return try FinishedRun(folder: workspace("alone"))
    }

    @Test(arguments: [
        (hosts: 2, slots: 1, rate: nil), (hosts: 2, slots: 2, rate: "1gbit"), (hosts: 3, slots: 1, rate: nil),
        (hosts: 4, slots: 1, rate: "100mbit"),
    ])
    func `training over several hosts ends as in one process`(hosts: Int, slots: Int, rate: String?) async throws {
        let workspace = try Workspace()
        let ranks = hosts * slots
        let result = try await Lab.run(
            hosts: hosts, ranks: ranks, options: ["--slots", "\(slots)"] + (rate.map { ["--rate", $0] } ?? []),
            ["mpirun", "-n", "\(ranks)", try path(ofProduct: "trainer")]
                + Self.arguments(out: workspace("run")))
        try #require(result.exitCode == 0 && !result.timedOut, "\(result.standardError)")
        let run = try FinishedRun(folder: workspace("run"))
        #expect(run.result["ranks"] == .integer(ranks))
        expectSame(run, as: try await Self.reference.value, "over \(hosts) hosts")
    }

    /// Trains with two ranks, of which the second looks for the data elsewhere.
    private func train(hosts: Int, secondRoot: String, in workspace: Workspace) async throws -> ProgramResult {
        let arguments = try await Self.arguments(out: workspace("run"))
        let trainer = try path(ofProduct: "trainer")
        let root = try await SmallData.root()
        let others = arguments.map { $0 == root ? secondRoot : $0 }
        return try await Lab.run(
            hosts: hosts, ranks: 2, options: ["--slots", "\(2 / hosts)"],
            ["mpirun", "-n", "1", trainer] + arguments + [":", "-n", "1", trainer] + others)
    }

    @Test func `one rank reads for all ranks of its host`() async throws {
        let workspace = try Workspace()
        let result = try await train(hosts: 1, secondRoot: workspace("nothing"), in: workspace)
        try #require(result.exitCode == 0 && !result.timedOut, "\(result.standardError)")
        expectSame(
            try FinishedRun(folder: workspace("run")), as: try await Self.reference.value, "from one reading")
    }

    @Test func `hosts with different data are refused`() async throws {
        let workspace = try Workspace()
        let root = try await SmallData.root()
        try await SmallData.generate(into: workspace("other/" + SmallData.name), seed: 8)
        let other = try await train(hosts: 2, secondRoot: workspace("other"), in: workspace)
        #expect(other.exitCode == 65 && !other.timedOut, "\(other.standardError)")
        #expect(
            other.standardError.components(separatedBy: "error: ").count == 2
                && other.standardError.contains("h2 has other data there than the node of rank 0"),
            "\(other.standardError)")
        // The same files in another place are the same data.
        try FileManager.default.copyItem(atPath: root, toPath: workspace("copy"))
        let copy = try await train(hosts: 2, secondRoot: workspace("copy"), in: workspace)
        #expect(copy.exitCode == 0 && !copy.timedOut, "\(copy.standardError)")
    }

    @Test func `ranks run on the hosts, and a host that is cut off does not answer`() async throws {
        let script = """
            mpirun -n 4 hostname | sort | tr '\\n' ' '
            lab cut h2; lab answers h2 || echo "cut off"
            lab mend h2; lab answers h2 && lab on h2 hostname
            lab kill h1; lab answers h1 2>/dev/null || echo "down"
            lab boot h1; lab answers h1 && lab on h1 hostname
            """
        let result = try await Lab.run(hosts: 2, ranks: 4, options: ["--slots", "2"], ["bash", "-c", script])
        #expect(result.standardOutput == "h1 h1 h2 h2 cut off\nh2\ndown\nh1\n", "\(result.standardError)")
    }

    /// Trains on three hosts under `cluster/run-with-restarts`, and does something once there is a checkpoint.
    private func trainWhile(_ event: String, in workspace: Workspace) async throws -> ProgramResult {
        // Seconds instead of hours until mpirun notices that a host is silent.
        let script = """
            out=$1 restarts=$2; shift 2
            "$restarts" --wait 0 --probe "lab answers" mpirun --mca oob_tcp_keepalive_time 2 \
                --mca oob_tcp_keepalive_intvl 1 --mca oob_tcp_keepalive_probes 3 \
                -n 3 --hostfile "$LAB_HOSTFILE" "$@" --checkpoint-every 10 &
            job=$!
            until compgen -G "$out/checkpoints/step-*" >/dev/null; do
                kill -0 $job || exit 99
                sleep 0.02
            done
            [ ! -e "$out/result.json" ] || exit 98
            \(event)
            wait $job
            """
        let out = workspace("run")
        return try await Lab.run(
            hosts: 3, ranks: 3,
            ["bash", "-c", script, "bash", out, Lab.cluster + "/run-with-restarts", try path(ofProduct: "trainer")]
                + Self.arguments(out: out, epochs: Self.longEpochs))
    }

    @Test(arguments: ["lab kill h3", "lab cut h3", "lab kill h1"])
    func `a training that loses a host continues without it and ends the same`(event: String) async throws {
        let host = try #require(event.split(separator: " ").last)
        // On a busy machine the training may have written its result before the host is gone.
        var trials = 0
        var ranks: JSONValue?
        while ranks != .integer(2) && trials < 3 {
            trials += 1
            let workspace = try Workspace()
            let result = try await trainWhile(event, in: workspace)
            try #require(result.exitCode == 0 && !result.timedOut, "\(result.standardError)")
            #expect(
                result.standardError.contains("\(host) does not answer and is left out"), "\(result.standardError)")
            let run = try FinishedRun(folder: workspace("run"))
            ranks = run.result["ranks"]
            expectSame(run, as: try await Self.longReference.value, "after \(event)")
        }
        #expect(ranks == .integer(2), "in \(trials) trials")
    }

    @Test func `a link that is cut for a moment is only a delay`() async throws {
        let workspace = try Workspace()
        let result = try await trainWhile("lab cut h2; sleep 2; lab mend h2", in: workspace)
        try #require(result.exitCode == 0 && !result.timedOut, "\(result.standardError)")
        #expect(!result.standardError.contains("the training died"), "\(result.standardError)")
        expectSame(
            try FinishedRun(folder: workspace("run")), as: try await Self.longReference.value,
            "after a gap")
    }
}
