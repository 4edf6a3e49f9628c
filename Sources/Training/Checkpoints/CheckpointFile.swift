import Differentiation
import FileIO
import Foundation
import Interactions
import KernelCore
import ModelFiles

/// A checkpoint on the disk whose header is whole: what it is of, and how to get its numbers.
package struct CheckpointFile {
    /// How far the training had come.
    package let state: TrainingState
    /// `config.yaml` of the training that wrote it.
    package let configuration: String
    /// What tells the data set of the training from others.
    package let data: DatasetFingerprint
    /// The instruction set of the kernels that computed it.
    package let instructionSet: String
    private let file: SafetensorsFile
    private let checksums: [String: UInt32]

    /// The file, for messages.
    package var path: String { file.path }

    /// Opens a checkpoint and checks its header.
    package init(path: String) throws(DamagedCheckpoint) {
        func damaged(_ reason: String) -> DamagedCheckpoint { DamagedCheckpoint(path: path, reason: reason) }
        do {
            file = try SafetensorsFile(path: path)
            try Self.verifyHeader(path)
        } catch let error as SafetensorsError {
            throw damaged(error.fact)
        } catch let error as FileError {
            throw damaged(error.reason)
        } catch let error as DamagedCheckpoint {
            throw error
        } catch {
            throw damaged("\(error)")
        }
        let metadata = file.metadata
        guard let format = metadata[CheckpointFormat.Key.format] else { throw damaged("it is no checkpoint") }
        guard format == CheckpointFormat.version else {
            throw damaged("it has the format \(format), and this program reads \(CheckpointFormat.version)")
        }
        do {
            let decoder = JSONDecoder()
            func text(_ key: String) throws(DamagedCheckpoint) -> Data {
                guard let text = metadata[key] else { throw damaged("it has no \(key)") }
                let bytes = Array(text.utf8)
                // Foundation's parser spends hours on some names that this one refuses.
                do throws(JSONError) { _ = try JSONValue(parsing: bytes) } catch { throw damaged("\(key): \(error)") }
                return Data(bytes)
            }
            state = try decoder.decode(TrainingState.self, from: text(CheckpointFormat.Key.state))
            data = try decoder.decode(DatasetFingerprint.self, from: text(CheckpointFormat.Key.data))
            checksums = try decoder.decode([String: UInt32].self, from: text(CheckpointFormat.Key.checksums))
            guard let options = metadata[CheckpointFormat.Key.configuration] else {
                throw damaged("it has no \(CheckpointFormat.Key.configuration)")
            }
            configuration = options
            instructionSet = metadata[CheckpointFormat.Key.instructionSet] ?? ""
        } catch let error as DamagedCheckpoint {
            throw error
        } catch {
            throw damaged("its description cannot be read")
        }
    }

    /// Compares the checksum of everything before the tensors.
    private static func verifyHeader(_ path: String) throws {
        let file = try OpenFile(path: path, access: .read)
        let lengthBytes = try file.bytes(at: 0, count: 8)
        let length = lengthBytes.reversed().reduce(0) { $0 << 8 | Int($1) }
        var bytes = try file.bytes(at: 0, count: 8 + length)
        let range = CheckpointFormat.checksumRange
        guard bytes.count == 8 + length, bytes.count > range.upperBound,
            bytes[8..<range.lowerBound].elementsEqual(CheckpointFormat.prefix)
        else { throw DamagedCheckpoint(path: path, reason: "it is no checkpoint") }
        let written = String(decoding: bytes[range], as: UTF8.self)
        bytes.replaceSubrange(range, with: CheckpointFormat.blankChecksum.utf8)
        guard CheckpointFormat.hexadecimal(Checksum.of(bytes)) == written else {
            throw DamagedCheckpoint(path: path, reason: "the checksum of its header is another one")
        }
    }

    /// Throws where the state contradicts itself or the tensors.
    func verifyState(stepsPerEpoch: Int) throws(DamagedCheckpoint) {
        if let problem = state.inconsistency(stepsPerEpoch: stepsPerEpoch) {
            throw DamagedCheckpoint(path: path, reason: problem)
        }
        guard hasBest == (state.bestEpoch > 0) else {
            throw DamagedCheckpoint(path: path, reason: "the parameters of the best epoch are missing")
        }
    }

    /// Reads a group of tensors into `values`. After an error these hold nothing useful.
    package func read(
        _ group: CheckpointFormat.Group, into values: ParameterValues, _ layout: ParameterLayout
    ) throws(DamagedCheckpoint) {
        let found = try read(group, ParameterSlice(allOf: layout), into: values, layout)
        try verify(group, found, layout)
    }

    /// Compares the checksums of the tensors of a group, as they were read, with those in the file.
    func verify(
        _ group: CheckpointFormat.Group, _ found: [UInt32], _ layout: ParameterLayout
    ) throws(DamagedCheckpoint) {
        for (specification, checksum) in zip(layout.specifications, found) {
            let name = group.name(of: specification)
            guard checksums[name] == checksum else {
                throw DamagedCheckpoint(path: path, reason: "the checksum of \(name) is another one")
            }
        }
    }

    /// Reads a part of a group of tensors, each to its place in `values`.
    ///
    /// - Returns: the checksums of what was read.
    func read(
        _ group: CheckpointFormat.Group, _ part: ParameterSlice, into values: ParameterValues,
        _ layout: ParameterLayout
    ) throws(DamagedCheckpoint) -> [UInt32] {
        var found: [UInt32] = []
        for specification in layout.specifications {
            let name = group.name(of: specification)
            let range = part.values(of: specification.parameter)
            let room = UnsafeMutableBufferPointer(
                start: values(specification.parameter) + range.lowerBound, count: range.count)
            guard let tensor = file[name], tensor.type == .float32, tensor.shape == specification.shape else {
                throw DamagedCheckpoint(path: path, reason: "\(name) is missing or has another shape")
            }
            do { try file.readFloats(name, range, into: room) } catch {
                throw DamagedCheckpoint(path: path, reason: error.fact)
            }
            var checksum = Checksum()
            checksum.update(UnsafeBufferPointer(room))
            found.append(checksum.value)
        }
        return found
    }

    /// Whether the file has the parameters of a best epoch.
    package var hasBest: Bool { file.names.contains { $0.hasPrefix(CheckpointFormat.Group.best.rawValue + ".") } }
}
