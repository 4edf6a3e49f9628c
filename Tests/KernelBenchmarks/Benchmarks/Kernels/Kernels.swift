import Benchmark
import Benchmarking
import Foundation
import KernelCore

/// The kernels of a training step, in the shapes of a logical shard's mini-batch on Grocery and Gourmet Food: 32
/// samples, about 260 items of histories, 64 columns. A benchmark's name says what it computes.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = Benchmark.Configuration(
        metrics: [.wallClock, .throughput], timeUnits: .microseconds, warmupIterations: 10,
        scalingFactor: .kilo, maxDuration: .seconds(1), maxIterations: 10_000)
    measureProducts()
    measureSequences()
    measureRowsAndLosses()
    measureOptimizerAndGraph()
    measureElementaryFunctions()
}

/// Times a kernel, a thousand calls to an iteration; `isLong`: one call.
private func measure(_ name: String, isLong: Bool = false, _ kernel: @escaping @Sendable () -> Void) {
    var configuration = Benchmark.defaultConfiguration
    if isLong { configuration.scalingFactor = .one }
    Benchmark(name, configuration: configuration) { benchmark in
        for _ in benchmark.scaledIterations { kernel() }
    }
}

private let tokens = Operands.histories.total
private let size = 64

private func measureProducts() {
    for (rows, inputs, outputs) in [
        (tokens, 64, 64), (tokens, 64, 192), (tokens, 64, 8), (32, 64, 192), (16, 64, 1280),
    ] {
        nonisolated(unsafe) let x = Operands.numbers(rows * inputs)
        nonisolated(unsafe) let w = Operands.numbers(outputs * inputs)
        nonisolated(unsafe) let y = Operands.zeros(rows * outputs)
        nonisolated(unsafe) let dx = Operands.zeros(rows * inputs)
        nonisolated(unsafe) let dw = Operands.zeros(outputs * inputs)
        nonisolated(unsafe) let arena = Arena()
        nonisolated(unsafe) let left = MatrixView(x, rows: rows, columns: inputs)
        nonisolated(unsafe) let right = MatrixView(w, rows: outputs, columns: inputs)
        nonisolated(unsafe) let gradient = MatrixView(y, rows: rows, columns: outputs)
        let shape = "\(rows)x\(inputs)x\(outputs)"
        measure("product \(shape), y = x w^T") {
            arena.reset()
            Kernel.multiplyTransposed(left, right, into: y, scratch: arena)
        }
        measure("product \(shape), dx += dy w") { Kernel.multiply(gradient, right, into: dx, accumulate: true) }
        measure("product \(shape), dw += dy^T x") { Kernel.addTransposedProduct(gradient, left, into: dw) }
    }
    nonisolated(unsafe) let a = Operands.numbers(2048 * 2048)
    nonisolated(unsafe) let b = Operands.numbers(2048 * 2048)
    nonisolated(unsafe) let c = Operands.zeros(2048 * 2048)
    if let library = MatrixLibrary.current {
        measure("product 2048x2048x2048 by OpenBLAS", isLong: true) {
            library.multiply(a, b, into: c, size: 2048)
        }
    }
}

private func measureSequences() {
    nonisolated(unsafe) let sequences = Operands.histories
    nonisolated(unsafe) let q = Operands.numbers(tokens * size)
    nonisolated(unsafe) let k = Operands.numbers(tokens * size)
    nonisolated(unsafe) let v = Operands.numbers(tokens * size)
    nonisolated(unsafe) let y = Operands.zeros(tokens * size)
    nonisolated(unsafe) let gradients = Operands.zeros(3 * tokens * size)
    nonisolated(unsafe) let scratch = Operands.zeros(20 * 20)
    for queries in [AttentionQueries.all, .causal, .newest] {
        nonisolated(unsafe) let plan = AttentionPlan(over: sequences, heads: 1, queries: queries)
        nonisolated(unsafe) let inputs = AttentionInputs(
            q: MatrixView(q, rows: plan.queryCount, columns: size), k: k, v: v)
        nonisolated(unsafe) let weights = Operands.zeros(plan.weightCount)
        measure("attention, \(queries)") { Kernel.attention(plan, inputs, weights: weights, into: y) }
        measure("attention backward, \(queries)") {
            Kernel.attentionBackward(
                plan, inputs, weights: weights, dy: y, scratch: scratch,
                addingTo: AttentionGradients(
                    q: gradients, k: gradients + tokens * size, v: gradients + 2 * tokens * size))
        }
    }
    for hidden in [64, 100] {
        nonisolated(unsafe) let x = Operands.numbers(tokens * 3 * hidden)
        nonisolated(unsafe) let weight = Operands.numbers(3 * hidden * hidden)
        nonisolated(unsafe) let bias = Operands.numbers(3 * hidden)
        nonisolated(unsafe) let state = Operands.zeros(sequences.count * hidden)
        nonisolated(unsafe) let dx = Operands.zeros(tokens * 3 * hidden)
        nonisolated(unsafe) let dweight = Operands.zeros(3 * hidden * hidden)
        nonisolated(unsafe) let dbias = Operands.zeros(3 * hidden)
        nonisolated(unsafe) let arena = Arena()
        @Sendable func forward() -> GatedRecurrence {
            arena.reset()
            let recurrence = GatedRecurrence(RecurrencePlan(sequences, in: arena), size: hidden, in: arena)
            let transposed = Kernel.transposed(MatrixView(weight, rows: 3 * hidden, columns: hidden), in: arena)
            recurrence.forward(x: x, transposed: transposed, bias: bias, into: state, scratch: arena)
            return recurrence
        }
        measure("gated recurrence, size \(hidden)") { blackHole(forward()) }
        measure("gated recurrence there and back, size \(hidden)") {
            forward().backward(
                dfinal: state, weight: weight, dx: GradientSum(dx), dweight: dweight, dbias: dbias, scratch: arena)
        }
    }
    nonisolated(unsafe) let weight = Operands.numbers(size)
    nonisolated(unsafe) let bias = Operands.numbers(size)
    nonisolated(unsafe) let statistics = LayerNormStatistics(
        normalized: Operands.zeros(tokens * size), inverseDeviation: Operands.zeros(tokens))
    nonisolated(unsafe) let x = MatrixView(q, rows: tokens, columns: size)
    nonisolated(unsafe) let dy = MatrixView(y, rows: tokens, columns: size)
    nonisolated(unsafe) let dweight = Operands.zeros(2 * size)
    measure("layer norm") {
        Kernel.layerNorm(x, residual: k, weight: weight, bias: bias, keeping: statistics, into: y)
    }
    measure("layer norm backward") {
        Kernel.layerNormBackward(
            statistics, weight: weight, dy: dy, dx: GradientSum(gradients),
            dresidual: GradientSum(gradients + tokens * size), dweight: dweight, dbias: dweight + size)
    }
    nonisolated(unsafe) let logits = MatrixView(Operands.numbers(tokens * 6), rows: tokens, columns: 6)
    nonisolated(unsafe) let shares = Operands.zeros(tokens * 6)
    measure("softmax over histories, 6 columns") {
        Kernel.sequenceSoftmax(logits, over: sequences, into: shares)
    }
    measure("softmax of rows, 6 columns") { Kernel.rowSoftmax(logits, into: shares) }
}

private func measureRowsAndLosses() {
    let items = 8_714
    nonisolated(unsafe) let table = Operands.numbers(items * size)
    nonisolated(unsafe) let rows = Operands.rows(tokens, below: items)
    nonisolated(unsafe) let gathered = Operands.zeros(tokens * size)
    measure("gather \(tokens) rows") {
        Kernel.gather(table, rows: rows, count: tokens, columns: size, into: gathered)
    }
    nonisolated(unsafe) let dtable = Operands.zeros(items * size)
    measure("scatter \(tokens) rows") {
        Kernel.scatterAdd(dy: MatrixView(gathered, rows: tokens, columns: size), rows: rows, into: dtable)
    }
    let negatives = 1280
    nonisolated(unsafe) let users = Operands.numbers(16 * size)
    nonisolated(unsafe) let logits = Operands.zeros(16 * negatives)
    nonisolated(unsafe) let arena = Arena()
    measure("sampled softmax, 16 samples, \(negatives) negatives") {
        arena.reset()
        Kernel.multiplyTransposed(
            MatrixView(users, rows: 16, columns: size), MatrixView(table, rows: negatives, columns: size), into: logits,
            scratch: arena)
        for sample in 0..<16 {
            var statistics = SoftmaxStatistics()
            let row = logits + sample * negatives
            Kernel.extend(&statistics, by: row, count: negatives, masked: 0, beta: 0)
            Kernel.softmaxGradients(row, count: negatives, statistics, beta: 0, gradient: 1)
        }
    }
}

private func measureOptimizerAndGraph() {
    let count = 1_163_780
    nonisolated(unsafe) let parameters = Operands.numbers(count)
    nonisolated(unsafe) let gradient = Operands.numbers(count)
    nonisolated(unsafe) let first = Operands.zeros(count)
    nonisolated(unsafe) let second = Operands.zeros(count)
    let step = AdamStep(step: 10, learningRate: 1e-3, l2: 1e-6)
    measure("Adam, \(count) parameters", isLong: true) {
        Kernel.adam(
            step, gradient: gradient, scale: 1 / 256, parameters: parameters, first: first, second: second, count: count
        )
    }
    // After some thousand calls nothing is left of the numbers, and all that is left counts.
    measure("Adam without gradient, \(count) parameters", isLong: true) {
        Kernel.flushingSubnormals {
            _ = Kernel.adam(
                step, gradient: nil, scale: 1, parameters: parameters, first: first, second: second, count: count)
        }
    }
    nonisolated(unsafe) let subnormal = Operands.numbers(count)
    nonisolated(unsafe) let subnormalFirst = Operands.zeros(count)
    nonisolated(unsafe) let subnormalSecond = Operands.zeros(count)
    measure("Adam without gradient, subnormal numbers kept, \(count) parameters", isLong: true) {
        Kernel.adam(
            step, gradient: nil, scale: 1, parameters: subnormal, first: subnormalFirst, second: subnormalSecond,
            count: count)
    }
    let graph = Operands.graph
    nonisolated(unsafe) let x = Operands.numbers(graph.nodeCount * NodeGraph.panelWidth)
    nonisolated(unsafe) let y = Operands.zeros(graph.nodeCount * NodeGraph.panelWidth)
    measure("sparse product, \(graph.nodeCount) nodes, \(graph.neighbourCount) edges, 16 columns", isLong: true) {
        Kernel.neighbourMeans(graph, of: x, plus: nil, positions: 0..<graph.nodeCount, into: y)
    }
}

private func measureElementaryFunctions() {
    let count = 8192
    nonisolated(unsafe) let x = Operands.numbers(count)
    nonisolated(unsafe) let y = Operands.zeros(count)
    measure("exp, \(count) numbers") { Kernel.exponential(x, into: y, count: count) }
    measure("exp of the system's library, \(count) numbers") {
        for index in 0..<count { y[index] = exp(x[index]) }
        blackHole(y)
    }
    measure("tanh, \(count) numbers") { Kernel.hyperbolicTangent(x, into: y, count: count) }
    measure("tanh of the system's library, \(count) numbers") {
        for index in 0..<count { y[index] = tanh(x[index]) }
        blackHole(y)
    }
}
