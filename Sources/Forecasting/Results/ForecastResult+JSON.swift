import FileIO

extension ForecastResult {
    /// All that was found: seconds, bytes, and samples a second.
    public var json: JSONValue {
        [
            "model": .string(model),
            "users": .integer(users),
            "items": .integer(items),
            "parameters": .integer(parameters),
            "mean_history": .number(meanHistory),
            "scaling": isWeak ? "weak" : "fixed-batch",
            "host_memory_bytes": hostMemory.map { .number($0) } ?? .null,
            "network": [
                "latency_seconds": .number(network.latency), "overhead_seconds": .number(network.overhead),
                "bytes_per_second": network.bytesPerSecond.isFinite ? .number(network.bytesPerSecond) : .null,
                "hosts_per_rack": network.racks.map { .integer($0.hosts) } ?? .null,
                "rack_bytes_per_second": network.racks.map { .number($0.bytesPerSecond) } ?? .null,
            ],
            "computing_of_calibrated": .number(scale),
            "points": .array(points.map(\.json)),
            "breaks_first": firstBreak.map {
                [
                    "ranks": .integer($0.ranks), "limit": .string($0.limit.name), "efficiency": .number($0.efficiency),
                ]
            } ?? .null,
            "cheapest": cheapest?.json ?? .null,
            "assumptions": .array(assumptions.map { .string($0) }),
            "calibration": calibration.json,
        ]
    }
}

extension ForecastResult.Point {
    fileprivate var json: JSONValue {
        [
            "ranks": .integer(cluster.ranks),
            "hosts": .integer(cluster.hosts),
            "batch_size": .integer(settings.batchSize),
            "logical_shards": .integer(settings.logicalShards),
            "table_sharding": .string(settings.sharding.rawValue),
            "optimizer_sharding": .string(settings.optimizerSharding.rawValue),
            "exchange_rounds": .string(settings.rounds.rawValue),
            "step_seconds": .number(step.total),
            "parts": .object(
                StepForecast.Part.allCases.map {
                    JSONValue.Member($0.rawValue.replacing(" ", with: "_"), .number(step.seconds[$0] ?? 0))
                }),
            "optimizer_seconds": .number(step.optimizerSeconds),
            "samples_per_second": .number(samplesPerSecond),
            "efficiency": .number(efficiency),
            "useful_share": .number(usefulShare),
            "bytes_sent_by_host": .number(step.exchange.bytesPerHost(cluster)),
            "bytes_through_uplink": .number(step.exchange.bytesPerUplink),
            "messages_sent_by_host": .integer(step.exchange.messagesPerHost(cluster)),
            "host_memory": [
                "total_bytes": .number(memory.total), "optimizer_bytes": .number(memory.optimizer),
                "copies_bytes": .number(memory.copies), "activations_bytes": .number(memory.activations),
                "messages_bytes": .number(memory.messages), "data_bytes": .number(memory.data),
                "programs_bytes": .number(memory.programs),
            ],
            "limit": .string(limit.name),
            "step_seconds_by_exchange_rounds": .object(
                zip(StepSettings.ExchangeRounds.allCases, ways).map {
                    JSONValue.Member($0.rawValue, .number($1.total))
                }),
            "smallest_batch_of_90_percent": smallest?.json ?? .null,
            "smallest_batch_of_90_percent_useful": smallestUseful?.json ?? .null,
        ]
    }
}

extension ForecastResult.Advice {
    fileprivate var json: JSONValue {
        [
            "ranks": .integer(cluster.ranks),
            "batch_size": .integer(settings.batchSize),
            "table_sharding": .string(settings.sharding.rawValue),
            "exchange_rounds": .string(settings.rounds.rawValue),
            "kept": .number(efficiency),
            "host_seconds_per_million_samples": .number(hostSecondsPerMillion),
        ]
    }
}
