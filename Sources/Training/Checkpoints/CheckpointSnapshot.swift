import Differentiation
import Foundation
import KernelCore
import Reporting

/// A copy of a training at one step, complete: what a checkpoint is written from while the training goes on.
package final class CheckpointSnapshot: @unchecked Sendable {
    let layout: ParameterLayout
    package let parameters: ParameterStorage
    package let first: ParameterStorage
    package let second: ParameterStorage
    /// Never changed once it is the best, so that it needs no copy.
    package var best: ParameterStorage?
    package var state = TrainingState()
    /// `config.yaml`.
    package var configuration = ""
    /// ``DatasetFingerprint`` as JSON.
    package var data = ""
    package var processor = ""

    package init(_ layout: ParameterLayout) {
        self.layout = layout
        parameters = ParameterStorage(layout)
        first = ParameterStorage(layout)
        second = ParameterStorage(layout)
    }

    private func values(_ group: CheckpointFormat.Group) -> ParameterValues? {
        switch group {
        case .parameters: parameters.values
        case .first: first.values
        case .second: second.values
        case .best: best?.values
        }
    }

    /// Writes the checkpoint, which appears complete or not at all.
    ///
    /// - Parameter isAllowed: asked right before the file gets its name; throws if this process may not write any more.
    package func write(to path: String, isAllowed: () throws -> Void) throws {
        var declarations: [SafetensorsWriter.Declaration] = []
        var checksums: [JSONMember] = []
        for group in CheckpointFormat.Group.allCases {
            guard let values = values(group) else { continue }
            for specification in layout.specifications {
                let name = group.name(of: specification)
                declarations.append(.init(name, Float.self, shape: specification.shape))
                var checksum = Checksum()
                checksum.update(elements(values, specification))
                checksums.append(JSONMember(name, .integer(Int(checksum.value))))
            }
        }
        let encoder = JSONEncoder()
        var metadata: [(key: String, value: String)] = [
            (CheckpointFormat.Key.headerChecksum, CheckpointFormat.blankChecksum),
            (CheckpointFormat.Key.format, CheckpointFormat.version),
            (CheckpointFormat.Key.state, String(decoding: try encoder.encode(state), as: UTF8.self)),
            (CheckpointFormat.Key.configuration, configuration),
            (CheckpointFormat.Key.data, data),
            (CheckpointFormat.Key.processor, processor),
            (CheckpointFormat.Key.checksums, JSONValue.object(checksums).compact),
        ]
        let blank = SafetensorsWriter.header(declarations, metadata)
        metadata[0].value = CheckpointFormat.hexadecimal(Checksum.of(blank))
        var writer = try SafetensorsWriter(replacing: path, tensors: declarations, metadata: metadata)
        for group in CheckpointFormat.Group.allCases {
            guard let values = values(group) else { continue }
            for specification in layout.specifications { try writer.append(elements(values, specification)) }
        }
        try isAllowed()
        try writer.finish()
    }

    private func elements(
        _ values: ParameterValues, _ specification: ParameterSpecification
    ) -> UnsafeBufferPointer<Float> {
        UnsafeBufferPointer(start: values(specification.parameter), count: specification.parameter.count)
    }
}

private typealias JSONMember = JSONValue.Member
