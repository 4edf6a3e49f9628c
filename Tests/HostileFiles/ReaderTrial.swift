import ModelFiles

/// A reader of files of unknown origin, and how it is tried.
///
/// Used by `HostileFileTests`, which change the seeds at random, and by `scripts/fuzz`, where libFuzzer does.
package protocol ReaderTrial {
    /// The name on the command line of `scripts/fuzz`.
    static var name: String { get }

    /// Words of the format, and numbers that take a reader to its limits.
    static var fragments: [String] { get }

    /// - Parameter folder: an empty folder for the files of the inputs.
    init(folder: String) throws

    /// Valid inputs, which the others are made from.
    func seeds() throws -> [[UInt8]]

    /// Gives an input to the reader.
    /// - Throws: ``BrokenPromise`` where the reader does something else than read the input or refuse it.
    func read(_ input: [UInt8]) throws

    /// Changes an input such that the reader gets beyond its first checks.
    ///
    /// - Parameters:
    ///   - choice: a random number, by which to choose between several ways.
    ///   - change: changes bytes somehow.
    func mutated(_ input: [UInt8], choice: UInt32, by change: ([UInt8]) -> [UInt8]) -> [UInt8]
}

extension ReaderTrial {
    package func mutated(_ input: [UInt8], choice: UInt32, by change: ([UInt8]) -> [UInt8]) -> [UInt8] { change(input) }
}

/// All readers.
package enum ReaderTrials {
    package static var all: [any ReaderTrial.Type] {
        [
            JSONTrial.self, SafetensorsTrial.self, CheckpointTrial.self, ConfigurationTrial.self, OptionFileTrial.self,
            TextTrial.self, GzipTrial.self, ReChorusTrial.self, FolderTrial.self, AnyLogTrial.self,
            TableLogTrial.self, JSONLogTrial.self, MovieLensLogTrial.self, RecBoleLogTrial.self, ReChorusLogTrial.self,
            TaobaoLogTrial.self, AmazonRatingLogTrial.self, ComiRecLogTrial.self, PairLogTrial.self,
            UserLineLogTrial.self, ZstdTrial.self, InteractionStoreTrial.self, ExperimentTrial.self,
        ]
    }
}

/// What a reader did although it must never do it.
package struct BrokenPromise: Error, CustomStringConvertible {
    package let description: String
}

/// Throws a ``BrokenPromise`` where `condition` is false.
func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
    if !condition { throw BrokenPromise(description: message()) }
}

/// A message may quote a hostile file, but must neither flood the terminal nor steer it, and says what to do.
func requireHarmless(_ message: String) throws {
    try require(message.utf8.count <= 4_000, "a message of \(message.utf8.count) bytes")
    for line in message.unicodeScalars.split(separator: "\n") { try requireVisible(String(line)) }
    try require(message.contains("\n"), "a message without advice: \(message)")
}

/// Text that is printed holds nothing that a terminal would obey.
func requireVisible(_ text: String) throws {
    for scalar in text.unicodeScalars {
        let category = scalar.properties.generalCategory
        try require(category != .control && category != .format, "text with the character \(scalar.value)")
    }
}
