import Foundation
import Yams

/// `--config FILE.yaml`: a file of options that stand before those of the command line, so that these win.
enum ConfigurationFile {
    /// Replaces `--config FILE` by the file's options: `key: value` becomes `--key value`.
    static func expand(_ arguments: [String]) throws -> [String] {
        guard let index = arguments.firstIndex(where: { $0 == "--config" || $0.hasPrefix("--config=") }) else {
            return arguments
        }
        var rest = arguments
        let path: String
        if let equals = rest[index].firstIndex(of: "=") {
            path = String(rest.remove(at: index)[equals...].dropFirst())
        } else {
            rest.remove(at: index)
            guard index < rest.count else { throw CommandError("--config needs the name of a YAML file") }
            path = rest.remove(at: index)
        }
        guard let subcommand = rest.first, !subcommand.hasPrefix("-") else {
            throw CommandError("--config stands behind the subcommand: trainer train --config \(path)")
        }
        return [subcommand] + (try options(of: path)) + rest.dropFirst()
    }

    private static func options(of path: String) throws -> [String] {
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw CommandError("\(path): cannot be read\nname a YAML file such as the config.yaml of a run")
        }
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            throw CommandError(exitCode: 65, "\(place(of: error, in: path))\nwrite one option a line: `lr: 0.001`")
        }
        guard let mapping = node?.mapping else {
            throw CommandError(exitCode: 65, "\(path): no options\nwrite one option a line: `lr: 0.001`")
        }
        return try mapping.flatMap { key, value -> [String] in
            guard let name = key.string, let scalar = value.scalar?.string else {
                let line = value.mark?.line ?? key.mark?.line ?? 1
                throw CommandError(
                    exitCode: 65, "\(path):\(line): not an option with one value\nwrite one option a line: `lr: 0.001`")
            }
            return scalar.isEmpty || scalar == "null" ? [] : ["--\(name)=\(scalar)"]
        }
    }

    /// What is wrong with the file, and in which line.
    private static func place(of error: any Error, in path: String) -> String {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            "\(path):\(mark.line): not YAML: \(problem)"
        case .duplicatedKeysInMapping(let names, let context):
            "\(path):\(context.mark.line): twice in the file: \(names.joined(separator: ", "))"
        default: "\(path): \(error)"
        }
    }
}
