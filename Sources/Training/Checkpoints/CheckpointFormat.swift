import Differentiation
import FileIO
import Foundation
import Interactions
import KernelCore

/// How a checkpoint lies in its file: a safetensors file, so that every program that reads these can look into it.
///
///     parameters.NAME, first.NAME, second.NAME   the parameters and the two moments of the optimizer
///     average.NAME                               the moving average of the parameters, if the training has one
///     best.NAME                                  the parameters of the best epoch, if there is one yet
///
/// The metadata begin with `header_crc32c`, the CRC-32C of all bytes before the first tensor with zeros for
/// its own eight digits; then `format`, and as JSON or YAML `state`, `configuration`, `data`, `instruction_set`, and `crc32c`,
/// the CRC-32C of each tensor.
package enum CheckpointFormat {
    static let version = "facet-checkpoint 1"

    enum Key {
        static let headerChecksum = "header_crc32c"
        static let format = "format"
        static let state = "state"
        static let configuration = "configuration"
        static let data = "data"
        static let instructionSet = "instruction_set"
        static let checksums = "crc32c"
    }

    /// What the file begins with behind the length of the header: the checksum is at a fixed offset.
    static let prefix = Array("{\"__metadata__\":{\"\(Key.headerChecksum)\":\"".utf8)
    static let blankChecksum = "00000000"
    /// Where the digits of the checksum are in the file.
    static let checksumRange = 8 + prefix.count..<8 + prefix.count + blankChecksum.utf8.count

    static func hexadecimal(_ checksum: UInt32) -> String {
        let digits = String(checksum, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    /// The groups of tensors.
    package enum Group: String, CaseIterable {
        case parameters, first, second, average, best

        /// Those of a training, in the order of the file; the one that comes later than others is the last.
        package static func all(withAverage hasAverage: Bool) -> [Group] {
            allCases.filter { $0 != .average || hasAverage }
        }

        func name(of specification: ParameterSpecification) -> String { "\(rawValue).\(specification.name)" }
    }

    /// The file of a step; names rise with steps.
    static func fileName(step: Int) -> String {
        let digits = String(step)
        return "step-" + String(repeating: "0", count: max(10 - digits.count, 0)) + digits + ".safetensors"
    }

    /// The step that a file is named after; nil for other files.
    static func step(ofFileName name: String) -> Int? {
        guard name.hasPrefix("step-"), name.hasSuffix(".safetensors") else { return nil }
        let digits = name.dropFirst(5).dropLast(12)
        guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return Int(digits)
    }
}

/// A checkpoint that cannot be used, with the reason.
package struct DamagedCheckpoint: Error, Equatable, CustomStringConvertible {
    /// The checkpoint's file.
    package let path: String
    /// What is wrong, without the path.
    package let reason: String

    package var description: String { "\(path) is damaged: \(reason.printable())" }
}
