import Foundation
import HostileFiles

/// A reader as libFuzzer tries it. Environment of the program, set by `scripts/fuzz`:
///
/// - `FACET_FUZZ_READER`: the name of a reader of ``ReaderTrials/all``; without it the program prints these names
/// - `FACET_FUZZ_SEEDS`, `FACET_FUZZ_DICTIONARY`: a folder and a file that get what libFuzzer starts from
/// - `FACET_FUZZ_SCRATCH`: a folder for the files of the inputs
enum Fuzzer {
    private static func setting(_ name: String) -> String {
        ProcessInfo.processInfo.environment["FACET_FUZZ_\(name)"] ?? ""
    }

    private static func stop(_ message: String) -> Never {
        FileHandle.standardError.write(Data("error: \(message)\n".utf8))
        exit(64)
    }

    /// The reader of this process. libFuzzer has one thread.
    nonisolated(unsafe) static let reader: any ReaderTrial = {
        let name = setting("READER")
        if name.isEmpty {
            print(ReaderTrials.all.map { $0.name }.joined(separator: "\n"))
            exit(0)
        }
        guard let type = ReaderTrials.all.first(where: { $0.name == name }) else {
            stop("FACET_FUZZ_READER must be one of: " + ReaderTrials.all.map { $0.name }.joined(separator: " "))
        }
        let folder = "\(setting("SCRATCH"))/\(getpid())"
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            return try type.init(folder: folder)
        } catch {
            stop("\(error)")
        }
    }()

    static func writeStart() {
        do {
            for (index, seed) in try reader.seeds().enumerated() where !setting("SEEDS").isEmpty {
                try Data(seed).write(to: URL(filePath: "\(setting("SEEDS"))/seed-\(index)"))
            }
            let words = type(of: reader).fragments.map { fragment in
                "\"" + fragment.utf8.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "\"\n"
            }
            guard !setting("DICTIONARY").isEmpty else { return }
            try Data(words.joined().utf8).write(to: URL(filePath: setting("DICTIONARY")))
        } catch {
            stop("\(error)")
        }
    }
}

/// Called once, before the first input.
@_cdecl("LLVMFuzzerInitialize")
public func initializeFuzzer(
    _: UnsafeMutablePointer<CInt>, _: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>
) -> CInt {
    Fuzzer.writeStart()
    return 0
}

/// Called with every input. A program that stops is what libFuzzer calls a finding.
@_cdecl("LLVMFuzzerTestOneInput")
public func tryInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do {
        try Fuzzer.reader.read([UInt8](UnsafeBufferPointer(start: bytes, count: count)))
    } catch {
        fatalError("\(error)")
    }
    return 0
}

/// Called where libFuzzer wants a changed input: changes `count` bytes in place, to at most `room`, and returns how
/// many they are then.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutateInput(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ room: Int, _ seed: UInt32) -> Int {
    let input = [UInt8](UnsafeBufferPointer(start: bytes, count: count))
    let output = Fuzzer.reader.mutated(input, choice: seed) { input in
        var changed = input + [UInt8](repeating: 0, count: max(room - input.count, 64))
        let size = changed.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.map { changeBytes($0, input.count, buffer.count) } ?? 0
        }
        changed.removeSubrange(size...)
        return changed
    }
    guard output.count <= room else { return count }
    for (index, byte) in output.enumerated() { bytes[index] = byte }
    return output.count
}

/// libFuzzer's own way to change bytes in place.
@_silgen_name("LLVMFuzzerMutate")
private func changeBytes(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ room: Int) -> Int
