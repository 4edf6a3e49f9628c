import FileIO

/// The processors that this process may use, and how trainings that run at the same time share them.
package enum ProcessorSet {
    /// The processors that this process may run on, by their numbers; empty where the system does not say.
    package static var current: [Int] {
        guard let file = try? OpenFile(path: "/proc/self/status", access: .read),
            let bytes = try? file.bytes(at: 0, count: 1 << 16)
        else { return [] }
        let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first {
            $0.hasPrefix("Cpus_allowed_list:")
        }
        return line.map { list(String($0.split(separator: ":").last ?? "")) } ?? []
    }

    /// The numbers of a list such as `0-3,8`.
    package static func list(_ text: String) -> [Int] {
        text.split(separator: ",").flatMap { part -> [Int] in
            let ends = part.split(separator: "-").compactMap { Int($0.filter(\.isNumber)) }
            guard let first = ends.first, let last = ends.last, first <= last, last < 1 << 16 else { return [] }
            return Array(first...last)
        }
    }

    /// Processors of trainings that run at the same time, of so many ranks each: neighbours, none twice.
    ///
    /// - Parameter available: by their numbers.
    /// - Returns: a list for each training, empty where there are too few for all of them: then none is tied to any.
    package static func shares(parallel: Int, ranks: Int, among available: [Int]) -> [[Int]] {
        guard parallel * ranks <= available.count else { return Array(repeating: [], count: parallel) }
        return (0..<parallel).map { Array(available[$0 * ranks..<($0 + 1) * ranks]) }
    }
}
