import Differentiation
import DistributedOptimizer
import FileIO
import Training

extension BenchmarkResult {
    /// All that was measured: seconds, bytes, operations, and rates per second.
    public var json: JSONValue {
        var object: JSONValue = [
            "model": .string(model),
            "stage": stage.map { .string($0.rawValue) } ?? .null,
            "dataset": .string(dataset),
            "ranks": .integer(ranks),
            "batch_size": .integer(batchSize),
            "logical_shards": .integer(logicalShards),
            "parameters": .integer(parameters),
            "warm_up_steps": .integer(options.warmUpSteps),
            "steps": .integer(options.steps),
            "pass_seconds": .array(passSeconds.map { .number($0) }),
            "seconds": .number(seconds),
            "milliseconds_per_step": .number(1e3 * secondsPerStep),
            "steps_per_second": .number(stepsPerSecond),
            "samples_per_second": .number(samplesPerSecond),
            "tokens_per_second": tokensPerSecond.map { .number($0) } ?? .null,
            "steps_per_epoch": .integer(stepsPerEpoch),
            "seconds_per_epoch": .number(secondsPerEpoch),
            "phases": .object(StepPhase.allCases.map { JSONValue.Member($0.name, .number(seconds(in: $0))) }),
            "gradient_addition_seconds_per_step": additionSeconds.map { .number($0) } ?? .null,
            "work": .object(
                StepPhase.allCases.compactMap { phase in
                    work(in: phase).map { JSONValue.Member(phase.name, $0.json) }
                } + [JSONValue.Member("total", work.total.json)]),
            "operations_per_second": .number(operationsPerSecond),
            "bytes_per_second": .number(bytesPerSecond),
            "optimizer_bytes_per_second": .number(optimizerBytesPerSecond),
            "machine": [
                "fma_operations_per_second": limits.arithmetic.json,
                "sgemm_operations_per_second": limits.product.map(\.json) ?? .null,
                "openblas_cores": .array(limits.libraryCores.map { .string($0) }),
                "openblas_is_slow": .boolean(limits.libraryIsSlow),
                "copy_bytes_per_second": limits.copy.json,
                "triad_bytes_per_second": limits.triad.json,
                "second_cache_triad_bytes_per_second": limits.secondCacheTriad.json,
                "third_cache_triad_bytes_per_second": limits.thirdCacheTriad.json,
            ],
            "share_of_fma": .number(shareOfArithmetic),
            "share_of_sgemm": shareOfProduct.map { .number($0) } ?? .null,
            "share_of_triad": .number(stepShareOfTriad),
            "optimizer_share_of_triad": .number(shareOfTriad),
            "peak_bytes": peakBytes.map { .array($0.map { .integer($0) }) } ?? .null,
            "allocations_per_step": allocations.map { .number(Double($0) / Double(options.steps)) } ?? .null,
        ]
        if let ranking {
            object["ranking"] = [
                "evaluation": .string(ranking.ranking.rawValue),
                "rows": .integer(ranking.rows),
                "seconds": .number(ranking.seconds),
                "rows_per_second": .number(Double(ranking.rows) / ranking.seconds),
            ]
        }
        if let exchange { object["exchange"] = exchange.json }
        if options.timesOperations { object["operations"] = .array(operations.map(\.json)) }
        object["parameters_sha256"] = parametersDigest.map { .string($0) }
        return object
    }
}

extension BenchmarkResult.TimedOperation {
    fileprivate var json: JSONValue {
        [
            "operation": .string(name),
            "count": .integer(count),
            "forward_seconds": .number(forwardSeconds),
            "backward_seconds": .number(backwardSeconds),
            "forward": cost.forward.json,
            "backward": cost.backward.json,
        ]
    }
}

extension ExchangeComparison {
    fileprivate var json: JSONValue {
        [
            "nodes": .integer(nodes),
            "steps": .integer(steps),
            "network": [
                "latency_seconds": .number(network.latency), "gap_seconds": .number(network.gap),
                "seconds_per_byte": .number(network.secondsPerByte),
            ],
            "rounds": .string(rounds.rawValue),
            "automatic_rounds": .string(automaticRounds.rawValue),
            "touched_rows": json(touchedRows),
            "direct": json(direct),
            "halving": json(halving),
            "all_rows": json(allRows),
            "allreduce": json(allReduce),
        ]
    }

    private func json(_ method: Method) -> JSONValue {
        [
            "seconds_per_step": .number(method.seconds),
            "bytes_per_step": .number(method.bytes),
            "messages_per_step": .integer(method.messages),
            "predicted_seconds_per_step": .number(method.predictedSeconds(network)),
        ]
    }
}

extension Work {
    fileprivate var json: JSONValue { ["operations": .integer(operations), "bytes": .integer(bytes)] }
}

extension MachineLimits.Rate {
    fileprivate var json: JSONValue { ["one_rank": .number(oneRank), "all_ranks": .number(allRanks)] }
}
