import Differentiation
import KernelCore

/// Packed sequences and row numbers in memory that lives as long as this object.
final class PackedHistories {
    let sequences: JaggedOffsets
    private let offsets: UnsafeMutablePointer<Int32>

    init(_ lengths: [Int]) {
        offsets = .allocate(capacity: lengths.count + 1)
        offsets[0] = 0
        for (index, length) in lengths.enumerated() { offsets[index + 1] = offsets[index] + Int32(length) }
        sequences = JaggedOffsets(offsets: offsets, count: lengths.count)
    }

    deinit { offsets.deallocate() }
}

/// A list of numbers at a fixed address.
final class Fixed<Element: BitwiseCopyable> {
    let pointer: UnsafePointer<Element>
    let count: Int
    private let memory: UnsafeMutablePointer<Element>

    init(_ elements: [Element]) {
        memory = .allocate(capacity: max(elements.count, 1))
        for (index, element) in elements.enumerated() { memory[index] = element }
        pointer = UnsafePointer(memory)
        count = elements.count
    }

    deinit { memory.deallocate() }
}

/// A gradient of one mini-batch with its recorder and tape.
final class Recording {
    let storage: ParameterStorage
    let layout: GradientLayout
    let recorder: GradientRecorder
    let view: GradientView
    let tape: Tape
    private let memory: UnsafeMutableRawPointer

    init(_ storage: ParameterStorage, rowCapacity: Int, arena: Arena = Arena()) {
        self.storage = storage
        layout = GradientLayout(storage.layout, rowCapacity: rowCapacity)
        recorder = GradientRecorder(layout)
        memory = .allocate(byteCount: layout.byteCount, alignment: 64)
        view = GradientView(layout, at: memory)
        tape = Tape(parameters: storage.values, gradients: recorder, arena: arena)
    }

    deinit { memory.deallocate() }

    /// Records one mini-batch and its gradient.
    func step(samples: Fixed<UInt32>, seed: UInt64 = 0, step: UInt32? = nil, _ loss: (Tape) -> Variable) {
        tape.begin(.training(sampleNames: samples.pointer, seed: seed, step: step))
        recorder.begin(in: view)
        let loss = loss(tape)
        tape.backward(from: loss)
        recorder.finish(sampleCount: samples.count, loss: Double(loss.value[0]))
    }

    /// The rows of `table` with their gradients.
    func rows(_ parameter: Parameter) -> [Int32: [Float]] {
        guard let table = parameter.tableIndex else { return [:] }
        var result: [Int32: [Float]] = [:]
        for index in 0..<view.rowCount(table) {
            let entry = view.entries(table)[index]
            let values = view.row(table, slot: entry.slot)
            result[entry.row] = (0..<parameter.columns).map { values[$0] }
        }
        return result
    }

    /// The gradient of a dense parameter.
    func dense(_ parameter: Parameter) -> [Float] {
        (0..<parameter.count).map { view.dense[parameter.offset + $0] }
    }
}

/// The bits of floats, to compare what must be the same to the last one.
func bits(_ values: some Sequence<Float>) -> [UInt32] { values.map(\.bitPattern) }
