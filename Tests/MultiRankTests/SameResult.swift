import Testing
import TrainerSupport

/// Expects two runs to agree in every bit of what they found.
func expectSame(
    _ run: FinishedRun, as reference: FinishedRun, _ how: String, sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(run.digest == reference.digest, "parameters \(how)", sourceLocation: sourceLocation)
    #expect(run.metrics == reference.metrics, "metrics.jsonl \(how)", sourceLocation: sourceLocation)
    #expect(run.findings == reference.findings, "result.json \(how)", sourceLocation: sourceLocation)
    #expect(run.model == reference.model, "model.safetensors \(how)", sourceLocation: sourceLocation)
}

/// Expects a run to hold what the comparison of runs relies on.
func expectComplete(_ run: FinishedRun, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(run.digest.count == 66, "a digest of 64 digits in quotes", sourceLocation: sourceLocation)
    #expect(!run.metrics.isEmpty, sourceLocation: sourceLocation)
    #expect(
        run.metrics.allSatisfy { $0["train_loss"]?.double != nil && $0["dev"] != nil }, sourceLocation: sourceLocation)
    #expect(run.result["test"] != nil && run.result["dev"] != nil, sourceLocation: sourceLocation)
    #expect(!run.model.isEmpty, sourceLocation: sourceLocation)
}
