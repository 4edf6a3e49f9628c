import Foundation
import Testing
import TrainerSupport

/// Parameters as `torch.save` writes them are refused with the lines that convert them.
@Suite struct PyTorchFileTests {
    /// The first bytes of an archive of PyTorch, and of the pickle that older versions write.
    private static let beginnings: [[UInt8]] = [
        [0x50, 0x4B, 0x03, 0x04, 0, 0, 0x08, 0x08, 0, 0, 0, 0],
        [0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20],
    ]

    @Test(arguments: beginnings, [Launch.alone, .ranks(2)])
    func `a file of PyTorch is refused with what converts it`(_ bytes: [UInt8], launch: Launch) async throws {
        let finished = try await FinishedRuns.workspace()
        let workspace = try Workspace()
        for name in ["model.pt", "best", "wrong.safetensors"] {
            let file = try workspace.write(name, Data(bytes + [UInt8](repeating: 7, count: 400)))
            let stem = name == "model.pt" ? "model" : name == "best" ? "best" : "wrong-converted"
            let refusal = Refusal(
                65, naming: "\(file): it is a file of PyTorch", "from safetensors.torch import save_file",
                "torch.load(\"\(file)\"", "\"\(workspace(stem)).safetensors\")")
            try await expectRefusal(refusal, launch, ["evaluate", "--checkpoint", file])
            try await expectRefusal(
                refusal, launch,
                [
                    "train", "--model", "TiMiRec", "--stage", "finetune", "--extractor", file, "--data-root",
                    finished("data"), "--dataset", FinishedRuns.dataset, "--out", workspace("run"), "--quiet",
                ])
        }
    }

    @Test func `a file of parameters is known by being one, whatever its name`() async throws {
        let finished = try await FinishedRuns.workspace()
        let workspace = try Workspace()
        let file = try workspace.copy(finished("ComiRec/model/model.safetensors"), as: "weights.bin")
        let options = ["--model", "ComiRec", "--data-root", finished("data"), "--dataset", FinishedRuns.dataset]
        try await Launch.alone.successfulTrainer(
            ["evaluate", "--checkpoint", file, "--embedding-size", "8", "--json"] + options)
        try workspace.write("notes.txt", "not a file of parameters\n")
        try await expectRefusal(
            Refusal(65, naming: "notes.txt: ", "it is not a safetensors file"), .alone,
            ["evaluate", "--checkpoint", workspace("notes.txt")] + options)
    }
}
