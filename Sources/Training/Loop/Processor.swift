import Foundation

/// The processor that the program runs on: OpenBLAS chooses its kernels by the model, so that the last bits of a result
/// depend on it.
public enum Processor {
    /// The model that the system names for the first processor.
    public static let model: String = {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("model name") || $0.hasPrefix("CPU part") }
        return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
    }()
}
