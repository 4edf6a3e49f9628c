import Differentiation
import FileIO
import Foundation
import KernelCore
import ModelFiles

/// What a checkpoint says of the training beside its numbers.
package struct CheckpointDescription: Sendable {
    /// `config.yaml`.
    let configuration: String
    /// `DatasetFingerprint` as JSON.
    let data: String
    let instructionSet: String

    /// - Parameters:
    ///   - configuration: the text of `config.yaml`.
    ///   - data: `DatasetFingerprint` as JSON.
    ///   - instructionSet: of the kernels that compute the training.
    package init(configuration: String, data: String, instructionSet: String) {
        self.configuration = configuration
        self.data = data
        self.instructionSet = instructionSet
    }

    /// All that precedes the tensors, which begin on a page so that they can be written from one.
    ///
    /// - Parameter groups: those of the file, each with the checksums of its tensors.
    func header(
        _ groups: [(group: CheckpointFormat.Group, checksums: [UInt32])], _ layout: ParameterLayout,
        state: TrainingState
    ) throws -> [UInt8] {
        var declarations: [SafetensorsWriter.Declaration] = []
        var checksums: [JSONValue.Member] = []
        for (group, values) in groups {
            for (specification, checksum) in zip(layout.specifications, values) {
                let name = group.name(of: specification)
                declarations.append(.init(name, Float.self, shape: specification.shape))
                checksums.append(.init(name, .integer(Int(checksum))))
            }
        }
        var header = SafetensorsWriter.header(
            declarations,
            [
                (CheckpointFormat.Key.headerChecksum, CheckpointFormat.blankChecksum),
                (CheckpointFormat.Key.format, CheckpointFormat.version),
                (CheckpointFormat.Key.state, String(decoding: try JSONEncoder().encode(state), as: UTF8.self)),
                (CheckpointFormat.Key.configuration, configuration),
                (CheckpointFormat.Key.data, data),
                (CheckpointFormat.Key.instructionSet, instructionSet),
                (CheckpointFormat.Key.checksums, JSONValue.object(checksums).compact),
            ], alignment: OpenFile.directAlignment)
        let range = CheckpointFormat.checksumRange
        header.replaceSubrange(range, with: CheckpointFormat.hexadecimal(Checksum.of(header)).utf8)
        return header
    }
}
